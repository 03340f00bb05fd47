using System.Diagnostics.CodeAnalysis;
using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Tags;

/// <summary>
/// A name and a value that an operator gave a connector; origins see it as a request header (http2-and-proxy, section 4.3).
/// </summary>
/// <param name="Name">One or more HTTP token characters.</param>
/// <param name="Value">One or more printable ASCII characters; may contain <c>=</c> and spaces.</param>
public sealed record Tag(string Name, string Value)
{
    /// <summary>Reads <c>NAME=VALUE</c>. The first <c>=</c> splits.</summary>
    /// <returns>False when the text is no tag.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out Tag? tag)
    {
        ArgumentNullException.ThrowIfNull(text);
        tag = null;
        var split = text.IndexOf('=', StringComparison.Ordinal);
        if (split < 0 || split == text.Length - 1 || text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            || !CanonicalName.IsToken(Encoding.ASCII.GetBytes(text[..split])))
        {
            return false;
        }

        tag = new Tag(text[..split], text[(split + 1)..]);
        return true;
    }
}
