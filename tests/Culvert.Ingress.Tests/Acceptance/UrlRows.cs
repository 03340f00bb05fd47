using Culvert.Ingress.Services;

namespace Culvert.Ingress.Tests.Acceptance;

/// <summary>Section 11.14, V06 to V23: what <c>--url</c> becomes.</summary>
public class UrlRows
{
    public static TheoryData<string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string>();
        Add("V06", "http://localhost", "http://localhost", "http://localhost/", "http://localhost/api", "http://localhost/api/");
        Add("V07", "https://localhost", "https://localhost", "https://localhost/", "https://localhost/api",
            "https://localhost/api/");
        Add("V08", "https://localhost:8080", "https://localhost:8080", "https://localhost:8080/", "https://localhost:8080/api",
            "https://localhost:8080/api/");
        Add("V09", "http://localhost", "localhost");
        foreach (var text in new[] { "localhost/", "localhost/api", "localhost/api/" })
        {
            Add("V10", "http://" + text, text);
        }

        foreach (var path in new[] { "", "/", "/api", "/api/", "/api/?asdf" })
        {
            Add("V11", "http://localhost:8080" + path, "localhost:8080" + path);
        }

        Add("V12", "http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080");
        Add("V13", "http://127.0.0.1", "127.0.0.1");
        Add("V14", "https://127.0.0.1:8080", "https://127.0.0.1:8080");
        Add("V15", "http://[::1]:8080", "[::1]:8080", "http://[::1]:8080");
        Add("V16", "http://[::1]", "[::1]", "http://[::1]");
        foreach (var text in new[] { "example.com", "hello.example.com", "hello.example.com:8080" })
        {
            Add("V17", "http://" + text, text);
        }

        foreach (var text in new[] { "https://example.com", "http://hello.example.com", "https://hello.example.com:8080" })
        {
            Add("V18", text, text);
        }

        Add("V19", "https://xn--bcher-kva.example.com", "https://b\u00fccher.example.com");
        Add("V19", "http://xn--bcher-kva.example.com", "b\u00fccher.example.com");
        Add("V20", "https://hello.example.com", "https%3A%2F%2Fhello.example.com");
        Add("V21", "https://hello.example.com:8080", "https://alex:12345@hello.example.com:8080");
        return rows;

        void Add(string row, string expected, params string[] texts) =>
            Array.ForEach(texts, text => rows.Add(row, text, expected));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Url_becomes(string row, string text, string expected) =>
        Assert.Equal((row, expected), (row, OriginUrl.Parse(text).ToString()));

    [Theory]
    [InlineData("V22", "", "URL should not be empty")]
    [InlineData(
        "V23", "ftp://alex:12345@hello.example.com:8080/robot.txt", "Currently Cloudflare Tunnel does not support ftp protocol.")]
    public void Url_is_refused(string row, string text, string error) => Assert.Equal(
        (row, $"Error validating origin URL: {error}"),
        (row, Assert.ThrowsAny<FormatException>(() => OriginUrl.Parse(text)).Message));
}
