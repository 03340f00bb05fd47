using System.Text;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Harness.Operations;

/// <summary>Heads of the size that browsers and web servers send: a dozen fields.</summary>
internal static class TypicalHeads
{
    private static readonly (string Name, string Value)[] RequestFields =
    [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
        ("accept-encoding", "gzip, br"),
        ("accept-language", "en-GB,en;q=0.9"),
        ("cache-control", "max-age=0"),
        ("cookie", "session=5b1c2f0d9e8a4c7f; theme=dark; consent=yes"),
        ("cf-connecting-ip", "203.0.113.7"),
        ("cf-ray", "8c5d2f0e1a2b3c4d-LCL"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("sec-fetch-mode", "navigate"),
        ("upgrade-insecure-requests", "1"),
    ];

    private static readonly (string Name, string Value)[] ResponseFields =
    [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", "5120"),
        ("Date", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ("Server", "nginx/1.27.2"),
        ("Last-Modified", "Sat, 21 Nov 2026 08:30:00 GMT"),
        ("ETag", "\"673f1a2b-1400\""),
        ("Cache-Control", "public, max-age=300"),
        ("Vary", "Accept-Encoding"),
    ];

    public static HeaderList RequestHeaders { get; } = ToList(RequestFields);

    public static HeaderList ResponseHeaders { get; } = ToList(ResponseFields);

    public static byte[] ResponseText { get; } = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\n" + string.Concat(ResponseFields.Select(field => $"{field.Name}: {field.Value}\r\n")) + "\r\n");

    /// <summary>A request for a host, as a transport hands it on.</summary>
    public static RequestHead Request(string host)
    {
        var head = new RequestHead();
        head.SetLine("GET", host, "/search?q=culvert");
        foreach (var (name, value) in RequestFields)
        {
            head.Headers.Add(name, value);
        }

        return head;
    }

    public static void Fill(ConnectRequestWriter writer)
    {
        writer.Start(ConnectionType.Http, "http://app.example.com/search?q=culvert"u8);
        writer.Add("HttpMethod"u8, "GET"u8);
        writer.Add("HttpHost"u8, "app.example.com"u8);
        for (var i = 0; i < RequestHeaders.Count; i++)
        {
            writer.AddHeader(RequestHeaders[i].Name, RequestHeaders[i].Value);
        }
    }

    public static void Fill(ConnectResponseWriter writer)
    {
        writer.Start();
        writer.AddStatus(200);
        for (var i = 0; i < ResponseHeaders.Count; i++)
        {
            writer.AddHeader(ResponseHeaders[i].Name, ResponseHeaders[i].Value);
        }
    }

    private static HeaderList ToList((string Name, string Value)[] fields)
    {
        var list = new HeaderList();
        foreach (var (name, value) in fields)
        {
            list.Add(name, value);
        }

        return list;
    }
}
