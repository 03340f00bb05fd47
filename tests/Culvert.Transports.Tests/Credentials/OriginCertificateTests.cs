using System.Text;
using Culvert.Transports.Credentials;

namespace Culvert.Transports.Tests.Credentials;

/// <summary>Rows D01 to D08, and section 9.6.</summary>
public class OriginCertificateTests
{
    private const string Zone = "7b0a4d77dfb881c1a3b7d61ea9443e19";
    private const string Account = "abcdabcdabcdabcd1234567890abcdef";
    private const string Other =
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAAA\n" +
        "-----END CERTIFICATE-----\n";
    private const string Unknown = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    private const string Good = $$"""{"zoneID":"{{Zone}}","apiToken":"test-service-key","accountID":"{{Account}}"}""";

    [Fact]
    public void D01_empty_text_is_no_certificate() => AssertRefused("cannot decode empty certificate", "");

    [Fact]
    public void D02_block_of_another_kind_is_named()
    {
        AssertRefused("unknown block RSA PRIVATE KEY in the certificate", Other + Block(Good) + Unknown);
        AssertRefused("unknown block RSA PRIVATE KEY in the certificate", Unknown);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"serviceKey\":\"x\"}")]
    [InlineData("{\"zoneID\":\"z\",\"accountID\":\"a\"}")]
    [InlineData("{\"zoneID\":\"\",\"apiToken\":\"t\"}")]
    public void D03_unusable_token_is_missing(string json) =>
        AssertRefused("missing token in the certificate", Other + Block(json));

    [Theory]
    [InlineData("no PEM at all")]
    [InlineData(Other)]
    public void D03_text_without_a_token_is_missing_one(string text) => AssertRefused("missing token in the certificate", text);

    [Fact]
    public void D04_token_is_read_among_other_blocks()
    {
        Assert.Equal(
            new OriginCertificate(Zone, Account, "test-service-key"), OriginCertificate.Parse(Other + Block(Good) + "and text"));
        Assert.Equal(Zone, OriginCertificate.Parse(Block("nonsense") + Block(Good)).ZoneId);
        Assert.Equal(Zone, OriginCertificate.Parse(Block(Good.Replace("zoneID", "ZONEid", StringComparison.Ordinal))).ZoneId);
        Assert.Equal("", OriginCertificate.Parse(Block("{\"zoneID\":\"z\",\"apiToken\":\"t\"}")).AccountId);
    }

    [Fact]
    public void D04_two_tokens_are_too_many() =>
        AssertRefused("found multiple tokens in the certificate", Block(Good) + Block(Good));

    [Fact]
    public void D07_what_is_written_is_read_with_its_endpoint_in_lower_case()
    {
        var text = new OriginCertificate(Zone, Account, "token", "FED").Format();

        Assert.Equal(new OriginCertificate(Zone, Account, "token", "fed"), OriginCertificate.Parse(text));
        Assert.All(text.TrimEnd().Split('\n'), line => Assert.InRange(line.Length, 1, 64));
        Assert.DoesNotContain(
            "endpoint", Encoding.UTF8.GetString(Convert.FromBase64String(string.Concat(
                new OriginCertificate(Zone, Account, "token").Format().TrimEnd().Split('\n')[1..^1]))), StringComparison.Ordinal);
    }

    private static string Block(string json) =>
        $"-----BEGIN ARGO TUNNEL TOKEN-----\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(json))}\n-----END ARGO TUNNEL " +
        "TOKEN-----\n";

    private static void AssertRefused(string error, string text) =>
        Assert.Equal(error, Assert.Throws<CredentialsException>(() => OriginCertificate.Parse(text)).Message);
}
