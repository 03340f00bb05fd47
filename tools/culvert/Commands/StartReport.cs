using System.Buffers;
using System.Collections;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Culvert.Ingress.Settings;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// The lines that say what was started, and with which settings (supervisor-and-operations, section 1.3, S4 and S5).
/// </summary>
internal static partial class StartReport
{
    private const string Masked = "*****";

    // Read at a time, and hashed where it lies. A page at a time would be thousands of system calls, or a copy of the whole.
    private const int ReadBytes = 64 * 1024;

    // Parts of names of variables that hold what lets somebody in.
    private static readonly string[] SecretWords = ["TOKEN", "SECRET", "KEY", "CONTENTS", "PASSWORD"];

    /// <summary>Logs the platform and the settings that something gave a value to.</summary>
    public static void Log(ILogger logger, IEnumerable<SettingValue> settings)
    {
        var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        Line(logger, $"GOOS: {system}, GOVersion: dotnet{Environment.Version}, GoArch: {Architecture}");
        Line(logger, "Settings: " +
            Map(settings.Where(setting => setting.IsSet).Select(setting => (setting.Setting.Name, Format(setting)))));
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(entry => (Name: (string)entry.Key, Value: (string?)entry.Value ?? ""))
            .Where(entry => entry.Name.Contains("TUNNEL_", StringComparison.Ordinal)
                && (IsSecret(entry.Name) || !entry.Value.Contains('=', StringComparison.Ordinal)))
            .Select(entry => (entry.Name, IsSecret(entry.Name) ? Masked : entry.Value)).ToArray();
        if (variables.Length > 0)
        {
            Line(logger, "Environmental variables " + Map(variables));
        }
    }

    /// <summary>
    /// Logs the version and the SHA-256 of the program, which takes some milliseconds, so it is beside the start and not before
    /// it.
    /// </summary>
    public static async Task LogVersionAsync(ILogger logger, string version)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var checksum = "unknown";
        try
        {
            checksum = Checksum(Environment.ProcessPath!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It may have been replaced, or may be executed but not read.
        }

        LogVersion(logger, version, checksum);
    }

    /// <summary>The SHA-256 of a file, in lower case.</summary>
    internal static string Checksum(string path)
    {
        using var file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            var offset = 0L;
            for (int count; (count = RandomAccess.Read(file, buffer, offset)) > 0; offset += count)
            {
                hash.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a variable of this name is not shown.</summary>
    internal static bool IsSecret(string variable) => variable.Contains("TUNNEL_", StringComparison.Ordinal)
        && Array.Exists(SecretWords, word => variable.Contains(word, StringComparison.Ordinal))
        && !variable.EndsWith("_FILE", StringComparison.Ordinal);

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string Format(SettingValue value) =>
        value.Setting.Type == SettingType.List && !value.Setting.IsSecret
            ? $"[{string.Join(' ', value.Values)}]" : value.ToString();

    private static string Map(IEnumerable<(string Name, string Value)> entries)
    {
        var sorted = entries.OrderBy(entry => entry.Name, StringComparer.Ordinal);
        return $"map[{string.Join(' ', sorted.Select(entry => $"{entry.Name}:{entry.Value}"))}]";
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Version {version} (Checksum {checksum})")]
    private static partial void LogVersion(ILogger logger, string version, string checksum);

    private static void Line(ILogger logger, string text) => ConnectorRun.LogLine(logger, text);
}
