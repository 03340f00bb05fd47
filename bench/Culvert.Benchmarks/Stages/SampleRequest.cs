using System.IO.Pipelines;
using Culvert.Transports.DataStreams;

namespace Culvert.Benchmarks.Stages;

/// <summary>A request as an edge sends it for a browser: twelve header fields, about 700 bytes.</summary>
internal static class SampleRequest
{
    public static readonly (string Name, string Value)[] Headers =
    [
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Encoding", "gzip, br"),
        ("Accept-Language", "en-GB,en;q=0.5"),
        ("Cache-Control", "max-age=0"),
        ("Cf-Connecting-Ip", "192.0.2.1"),
        ("Cf-Ray", "7d0f8a6f1c2b3d4e-FRA"),
        ("Cookie", "session=0123456789abcdef0123456789abcdef"),
        ("Referer", "https://demo.example/"),
        ("Sec-Fetch-Mode", "navigate"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Proto", "https"),
    ];

    /// <summary>Reads the request into a reader, which has to be reset.</summary>
    public static void ReadInto(ConnectRequestReader reader)
    {
        using var writer = new ConnectRequestWriter();
        writer.Start(ConnectionType.Http, "https://demo.example/index.html?page=1"u8);
        writer.Add(MetadataKey.HttpMethod, "GET"u8);
        writer.Add(MetadataKey.HttpHost, "demo.example"u8);
        foreach (var (name, value) in Headers)
        {
            writer.AddHeader(name, value, System.Text.Encoding.Latin1);
        }

        var pipe = new Pipe();
        writer.WriteTo(pipe.Writer);
        pipe.Writer.Complete();
        reader.ReadAsync(pipe.Reader, default).AsTask().GetAwaiter().GetResult();
    }
}
