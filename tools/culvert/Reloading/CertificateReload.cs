using System.Security.Cryptography;
using Culvert.CommandLine.Signals;
using Culvert.Edge;
using Culvert.Edge.Certificates;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Reloading;

/// <summary>
/// Follows the certificate that an edge node shows to connectors. A pair of files that is not valid is reported and changes
/// nothing.
/// </summary>
/// <param name="directory">The node's certificates.</param>
/// <param name="node">Shows them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets a line for each time.</param>
internal sealed partial class CertificateReload(string directory, EdgeNode node, TimeProvider time, ILogger logger)
{
    private readonly FileWatch _watch = new(() => State(directory), time);

    /// <summary>Reads the pair when it has changed and at each SIGHUP, until it is cancelled.</summary>
    public Task RunAsync(HangupSignal hangup, CancellationToken cancellationToken) => ReloadLoop.RunAsync(
        _watch, hangup, _ =>
        {
            Reload();
            return Task.CompletedTask;
        },
        cancellationToken);

    private void Reload()
    {
        try
        {
            var certificate = EdgeCertificates.LoadServer(directory, time.GetUtcNow());
            node.Present(certificate);
            var ends = $"{certificate.NotAfter.ToUniversalTime():s}Z";
            LogReplaced(logger, certificate.Thumbprint, ends);
        }
        catch (Exception e) when (e is IOException or ArgumentException or CryptographicException)
        {
            LogKept(logger, e.Message);
        }
    }

    private static string State(string directory)
    {
        var (certificate, key) = EdgeCertificates.ServerPaths(directory);
        return $"{FileState.OfFile(certificate)}\n{FileState.OfFile(key)}";
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Connectors are shown the certificate of the files from now on {thumbprint} {ends}")]
    private static partial void LogReplaced(ILogger logger, string thumbprint, string ends);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificate for connectors is not valid, the old one stays {error}")]
    private static partial void LogKept(ILogger logger, string error);
}
