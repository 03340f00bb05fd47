using System.Text;

namespace Culvert.Benchmarks.Load.Visitors;

/// <summary>The request that every connection of a run sends.</summary>
internal sealed record VisitorRequest(string Host, byte[] Head, long UploadBytes)
{
    public static VisitorRequest Get(string host, string path) => new(host, Text($"GET {path} HTTP/1.1", host, ""), 0);

    public static VisitorRequest Post(string host, string path, long bytes) =>
        new(host, Text($"POST {path} HTTP/1.1", host,
            $"Content-Length: {bytes}\r\nContent-Type: application/octet-stream\r\n"), bytes);

    public static VisitorRequest WebSocket(string host, string path) => new(
        host, Text($"GET {path} HTTP/1.1", host, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 0);

    private static byte[] Text(string line, string host, string more) => Encoding.ASCII.GetBytes(
        $"{line}\r\nHost: {host}\r\nUser-Agent: culvert-bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n{more}\r\n");
}
