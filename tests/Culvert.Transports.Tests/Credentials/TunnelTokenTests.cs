using System.Text;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Credentials;

public class TunnelTokenTests
{
    private const string File = "tunnel-token.json";

    public static TheoryData<string> Vectors => VectorFile.Names(File);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Vector_is_read(string name)
    {
        var vector = VectorFile.Find(File, name);

        AssertEqual(vector, TunnelToken.Parse(vector.Text("token")));
        AssertEqual(vector, TunnelToken.Parse($" {vector.Text("token")}\n"));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void D11_vector_is_written_character_for_character(string name)
    {
        var token = VectorFile.Find(File, name).Text("token");

        Assert.Equal(token, TunnelToken.Format(TunnelToken.Parse(token)));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void D16_Credentials_file_holds_the_same(string name)
    {
        var vector = VectorFile.Find(File, name);

        AssertEqual(vector, CredentialsFile.Parse(vector.Text("credentialsFile")));
    }

    [Fact]
    public void Secret_with_every_base64_character_is_written_as_it_is()
    {
        var credentials = new TunnelCredentials("acct", Guid.Empty, new byte[] { 0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF });

        Assert.Contains("\"s\":\"++++////\"", Encoding.UTF8.GetString(Convert.FromBase64String(TunnelToken.Format(credentials))));
    }

    [Fact]
    public void Empty_object_is_a_token_as_in_the_original()
    {
        var credentials = TunnelToken.Parse(Convert.ToBase64String("{}"u8));

        Assert.Equal(Guid.Empty, credentials.TunnelId);
        Assert.Equal("", credentials.AccountTag);
        Assert.True(credentials.Secret.IsEmpty);
    }

    [Theory]
    [InlineData("{\"t\":\"11111111-2222-3333-4444-555555555555\",\"x\":{\"y\":1},\"s\":\"AQ==\",\"a\":\"z\"}")]
    [InlineData("{\"T\":\"11111111-2222-3333-4444-555555555555\",\"S\":\"AQ==\",\"A\":\"z\"}")]
    public void Order_case_and_unknown_members_do_not_matter(string json)
    {
        var credentials = TunnelToken.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)));

        Assert.Equal("z", credentials.AccountTag);
        Assert.Equal([1], credentials.Secret.ToArray());
        Assert.Equal(Guid.Parse("11111111-2222-3333-4444-555555555555"), credentials.TunnelId);
    }

    [Theory]
    [InlineData("11111111-2222-3333-4444-555555555555")]
    [InlineData("11111111222233334444555555555555")]
    [InlineData("{11111111-2222-3333-4444-555555555555}")]
    [InlineData("urn:uuid:11111111-2222-3333-4444-555555555555")]
    [InlineData("AAAAAAAA-2222-3333-4444-555555555555")]
    public void Uuid_may_have_every_form(string uuid)
    {
        var json = $"{{\"t\":\"{uuid}\"}}";
        var id = TunnelToken.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json))).TunnelId;

        Assert.Equal(Guid.Parse(uuid.Replace("urn:uuid:", "", StringComparison.Ordinal)), id);
        Assert.Equal(id, CredentialsFile.Parse(json.Replace("\"t\"", "\"TunnelID\"", StringComparison.Ordinal)).TunnelId);
        Assert.True(UuidConverter.TryParse(uuid, out var read) && read == id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("aabc")]
    [InlineData("not base64!")]
    [InlineData("e30")]
    [InlineData("bnVsbA==")]
    [InlineData("W10=")]
    [InlineData("eyJ0IjoibmlsIn0=")]
    [InlineData("eyJzIjoiISJ9")]
    public void D10_What_is_no_token_is_refused_with_the_text_of_the_original(string text) =>
        Assert.Equal(
            "Provided Tunnel token is not valid.", Assert.Throws<CredentialsException>(() => TunnelToken.Parse(text)).Message);

    private static void AssertEqual(System.Text.Json.JsonElement vector, TunnelCredentials credentials)
    {
        var decoded = vector.GetProperty("decoded");
        Assert.Equal(decoded.Text("accountTag"), credentials.AccountTag);
        Assert.Equal(decoded.Text("endpoint"), credentials.Endpoint);
        Assert.Equal(Guid.Parse(decoded.Text("tunnelId")), credentials.TunnelId);
        Assert.Equal(decoded.Hex("tunnelSecretHex"), credentials.Secret.ToArray());
    }
}
