using System.Buffers.Text;
using System.Text;

namespace Culvert.EndToEnd.Tests.Management;

/// <summary>Tokens whose signature means nothing, for connectors whose edge checks none.</summary>
internal static class UnsignedToken
{
    public static string Of(string actor) => string.Join('.', new[]
    {
        """{"alg":"ES256","typ":"JWT"}""", $$$"""{"tun":{"id":"t","account_tag":"a"},"actor":{"id":"{{{actor}}}"}}""",
        "signature",
    }.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))));
}
