using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>A response as an edge has it when it has read everything.</summary>
/// <param name="Status">The status; 101 when protocols were switched.</param>
/// <param name="Source">Who made it.</param>
/// <param name="Headers">Lines <c>Name: value</c> in their order.</param>
/// <param name="Body">The body, one character a byte.</param>
/// <param name="Trailers">Lines like <paramref name="Headers"/>.</param>
internal sealed record Answer(int Status, ResponseSource Source, string[] Headers, string Body, string[] Trailers)
{
    public static async Task<Answer> ReadAsync(ConnectorStream stream, CancellationToken cancellationToken)
    {
        var head = await stream.ReadHeadAsync(cancellationToken);
        var (status, source, headers) = (head.Status, head.Source, Lines(head.Headers));
        var body = new MemoryStream();
        await stream.Input.CopyToAsync(body, cancellationToken);
        return new Answer(status, source, headers, Encoding.Latin1.GetString(body.ToArray()), Lines(stream.Trailers));
    }

    /// <summary>The values of a header.</summary>
    public string[] Values(string name) =>
        [.. Headers.Where(h => h.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase)).Select(
            h => h[(name.Length + 2)..])];

    public static string[] Lines(HeaderList list) =>
        [.. Enumerable.Range(0, list.Count).Select(i => $"{list[i].NameText}: {list[i].ValueText}")];
}
