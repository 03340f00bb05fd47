using System.Globalization;
using System.Net.Sockets;
using Culvert.CommandLine.Credentials;
using Culvert.Ingress.Files;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Readiness;

/// <summary>
/// Tells whoever started the process that it serves, and later that it stops: systemd, and the file of <c>--pidfile</c>
/// (supervisor-and-operations, section 1.5). Neither can fail the process.
/// </summary>
internal sealed partial class ReadinessReport(string? pidFile, SystemdNotification systemd, ILogger logger)
{
    /// <summary>The process serves: its id is written, without a line end.</summary>
    public void Ready()
    {
        Send(SystemdNotification.Ready);
        if (string.IsNullOrEmpty(pidFile))
        {
            return;
        }

        try
        {
            File.WriteAllText(
                new CredentialsSearch(ConfigurationFileSearch.Home).Expand(pidFile),
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogPidFileFailed(logger, pidFile, e.Message);
        }
    }

    /// <summary>The process was asked to stop.</summary>
    public void Stopping() => Send(SystemdNotification.Stopping);

    private void Send(string state)
    {
        try
        {
            systemd.Send(state);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            LogNotifyFailed(logger, state, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Unable to write the process id {path} {error}")]
    private static partial void LogPidFileFailed(ILogger logger, string path, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "systemd was not told {state} {error}")]
    private static partial void LogNotifyFailed(ILogger logger, string state, string error);
}
