using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Tags;

/// <summary>
/// The request headers that stand for a connector's tags: <c>Cf-Warp-Tag-</c> and the name. They are appended and replace
/// nothing; the edge keeps visitors from sending their own (http2-and-proxy, section 4.3). Immutable.
/// </summary>
public sealed class TagHeaders
{
    private const string Prefix = "Cf-Warp-Tag-";

    private readonly (byte[] Name, byte[] Value)[] _fields;

    /// <summary>Encodes the headers once, for every request.</summary>
    /// <param name="tags">The operator's tags, in their order.</param>
    /// <param name="connectorId">UUID of the connector, which is always the last tag, <c>ID</c>.</param>
    public TagHeaders(IEnumerable<Tag> tags, Guid connectorId) =>
        _fields = [.. tags.Append(new Tag("ID", connectorId.ToString())).Select(Encode)];

    /// <summary>Appends the headers. Allocates nothing unless the list has to grow.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed its limits.</exception>
    public void AppendTo(HeaderList headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        foreach (var (name, value) in _fields)
        {
            headers.Add(name, value);
        }
    }

    private static (byte[] Name, byte[] Value) Encode(Tag tag)
    {
        var name = Encoding.ASCII.GetBytes(Prefix + tag.Name);
        CanonicalName.Apply(name);
        return (name, Encoding.ASCII.GetBytes(tag.Value));
    }
}
