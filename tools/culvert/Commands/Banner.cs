using System.Globalization;
using System.Text;

namespace Culvert.CommandLine.Commands;

/// <summary>The box that shows a new tunnel's URL (cli-api-access, section 8.2).</summary>
internal static class Banner
{
    private const string Title = "Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):";

    /// <summary>The lines of the box, as wide as the longest line and two spaces on each side.</summary>
    public static IEnumerable<string> Lines(string url)
    {
        var width = Math.Max(Title.Length, url.Length);
        var edge = new StringBuilder("+").Append('-', width + 4).Append('+').ToString();
        yield return edge;
        yield return Row(Title, width);
        yield return Row(url, width);
        yield return edge;
    }

    private static string Row(string text, int width) =>
        string.Create(CultureInfo.InvariantCulture, $"|  {text.PadRight(width)}  |");
}
