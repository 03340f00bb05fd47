using System.Text.Json;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Signals;
using Culvert.Edge.Tunnels;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Rules;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Reloading;

/// <summary>
/// A directory with a file <c>HOSTNAME.json</c> for each tunnel whose connectors the edge node configures. A file that is not
/// valid is reported and changes nothing. Not thread-safe.
/// </summary>
internal sealed partial class TunnelConfigurations
{
    private const string Pattern = "*.json";

    private readonly string _directory;
    private readonly TunnelDirectory _tunnels;
    private readonly ILogger _logger;
    private readonly FileWatch _watch;

    // What each file was like when it was read; those that were refused are among them.
    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);

    /// <summary>Reads every file once.</summary>
    /// <exception cref="CommandException">There is no such directory.</exception>
    public TunnelConfigurations(string directory, TunnelDirectory tunnels, TimeProvider time, ILogger logger)
    {
        if (!Directory.Exists(directory))
        {
            throw new CommandException($"--tunnel-config-dir: there is no directory {directory}");
        }

        _directory = directory;
        _tunnels = tunnels;
        _logger = logger;
        _watch = new FileWatch(() => FileState.OfDirectory(directory, Pattern), time);
        Load();
    }

    /// <summary>Reads what has changed, until it is cancelled; at SIGHUP without waiting for the next look.</summary>
    public Task RunAsync(HangupSignal hangup, CancellationToken cancellationToken) => ReloadLoop.RunAsync(
        _watch, hangup, _ =>
        {
            Load();
            return Task.CompletedTask;
        },
        cancellationToken);

    internal void Load()
    {
        try
        {
            var files = Directory.EnumerateFiles(_directory, Pattern)
                .ToDictionary(path => path, FileState.OfFile, StringComparer.Ordinal);
            foreach (var (path, state) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                if (_read.GetValueOrDefault(path) != state)
                {
                    _read[path] = state;
                    Configure(path);
                }
            }

            foreach (var gone in _read.Keys.Except(files.Keys, StringComparer.Ordinal).ToArray())
            {
                _read.Remove(gone);
                _tunnels.Find(HostnameOf(gone))?.LeaveUnconfigured();
                LogGone(_logger, gone);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(_logger, _directory, e.Message);
        }
    }

    private void Configure(string path)
    {
        if (_tunnels.Find(HostnameOf(path)) is not { } tunnel)
        {
            LogNoTunnel(_logger, path);
            return;
        }

        try
        {
            var written = FileState.WrittenAt(path);
            var json = Read(path);

            // As the connector will read it, but for the files and origins that only it can know.
            var rules = RemoteConfiguration.Parse(json).ToSnapshot().Rules.Count;
            var version = tunnel.Configure(json, written).Version;
            LogConfigured(_logger, path, version, rules);
        }
        catch (Exception e) when (e is IngressException or JsonException or IOException or UnauthorizedAccessException)
        {
            LogRefused(_logger, path, e.Message);
        }
    }

    private static ReadOnlyMemory<byte> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > RemoteConfiguration.MaxBytes)
        {
            throw new IngressException($"the configuration is larger than {RemoteConfiguration.MaxBytes} bytes");
        }

        var json = new byte[file.Length];
        file.ReadExactly(json);
        return json.AsSpan().StartsWith("\uFEFF"u8) ? json.AsMemory(3) : json;
    }

    private static string HostnameOf(string path) => Path.GetFileNameWithoutExtension(path);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel configuration was read {path} {version} {rules}")]
    private static partial void LogConfigured(ILogger logger, string path, int version, int rules);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel configuration is gone; connectors keep the last one {path}")]
    private static partial void LogGone(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tunnel configuration is not valid, the old one stays {path} {error}")]
    private static partial void LogRefused(ILogger logger, string path, string error);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Tunnel configuration is for no tunnel of this node: its name has to be HOSTNAME.json {path}")]
    private static partial void LogNoTunnel(ILogger logger, string path);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tunnel configurations cannot be read {path} {error}")]
    private static partial void LogUnreadable(ILogger logger, string path, string error);
}
