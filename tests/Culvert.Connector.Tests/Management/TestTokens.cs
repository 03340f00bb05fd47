using System.Buffers.Text;
using System.Text;

namespace Culvert.Connector.Tests.Management;

/// <summary>Management tokens whose signature means nothing.</summary>
internal static class TestTokens
{
    public const string Claims =
        """{"tun":{"id":"8f1d2b1e-0000-4000-8000-000000000001","account_tag":"acct"},"actor":{"id":"me","support":false},"res":["logs"]}""";

    public static string Valid { get; } = Create(Claims);

    public static string Create(string claims, string header = """{"alg":"ES256","typ":"JWT"}""") =>
        $"{Encode(header)}.{Encode(claims)}.{Encode("signature")}";

    public static string Of(string actor) => Create(Claims.Replace("\"me\"", $"\"{actor}\"", StringComparison.Ordinal));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
