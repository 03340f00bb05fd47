namespace Culvert.Ingress.Files;

/// <summary>Where a configuration file is looked for (ingress-and-config, section 5.1).</summary>
public static class ConfigurationFileSearch
{
    private static readonly string[] Names = ["config.yml", "config.yaml"];
    private static readonly string[] HomeDirectories = ["~/.cloudflared", "~/.cloudflare-warp", "~/cloudflare-warp"];
    private static readonly string[] SystemDirectories = ["/etc/cloudflared", "/usr/local/etc/cloudflared"];

    /// <summary>The directories in order, with <c>~</c> as the original prints it.</summary>
    public static IReadOnlyList<string> Directories { get; } =
        OperatingSystem.IsWindows() ? HomeDirectories : [.. HomeDirectories, .. SystemDirectories];

    /// <summary>What the original logs when a tunnel starts without a file.</summary>
    public static string NotFound { get; } =
        $"Cannot determine default configuration path. No file [{string.Join(' ', Names)}] in [{string.Join(' ', Directories)}]";

    /// <summary>The user's home directory.</summary>
    public static string Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } set
        ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The first file there is; null when there is none.</summary>
    /// <param name="home">The user's home directory; null for that of the process.</param>
    public static string? Find(string? home = null)
    {
        home ??= Home;
        foreach (var directory in Directories)
        {
            foreach (var name in Names)
            {
                var path = Path.Combine(
                    directory.StartsWith("~/", StringComparison.Ordinal) ? home + directory[1..] : directory, name);

                // A directory of this name counts too, and is then refused, which is better than a file further down being used.
                if (Path.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }
}
