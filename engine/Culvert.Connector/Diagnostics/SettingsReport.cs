using Culvert.Connector.Metrics;

namespace Culvert.Connector.Diagnostics;

/// <summary>The answer of <c>/diag/configuration</c> (supervisor-and-operations, section 7.4).</summary>
internal static class SettingsReport
{
    // They are read by a program that may have been started elsewhere.
    private static readonly string[] Paths = ["logfile", "log-directory"];

    /// <summary>Writes the settings that are told, and whose process it is.</summary>
    public static byte[] Write(ConnectorOptions options) => JsonObject.Write(json =>
    {
        foreach (var (name, value) in options.DiagnosticSettings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, Paths.Contains(name) && value.Length > 0 ? Path.GetFullPath(value) : value);
        }

        if (OperatingSystem.IsLinux())
        {
            json.WriteString("uid", ProcText.UserId(File.ReadAllText("/proc/self/status")));
        }
    });
}
