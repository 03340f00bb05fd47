using Culvert.Connector.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>The box that shows a new tunnel's URL (cli-api-access, section 8.2).</summary>
internal static class Banner
{
    private const string Title = "Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):";

    /// <summary>The lines of the box.</summary>
    public static IEnumerable<string> Lines(string url) => AsciiBox.Lines([Title, url]);
}
