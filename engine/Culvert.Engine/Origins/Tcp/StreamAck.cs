using System.Security.Cryptography;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>Tells the edge that a stream's origin is connected, before any of its bytes (section 4.7, step 4; C-32,
/// C-34).</summary>
internal static class StreamAck
{
    private const int SwitchingProtocols = 101;
    private const int MaxKeyBytes = 256;

    /// <summary>
    /// Sends and flushes the head. The three WebSocket fields are there when the request has a key. A request that is neither a
    /// WebSocket nor TCP gets a plain 200.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the edge reads no more.</exception>
    public static async ValueTask SendAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        Send(stream);
        if ((await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false)).IsCompleted)
        {
            throw new OperationCanceledException("the edge reads no more");
        }
    }

    /// <summary>Value of <c>Sec-WebSocket-Accept</c> for a client's key (RFC 6455, section 4.2.2), in 28 ASCII
    /// characters.</summary>
    internal static string AcceptKey(ReadOnlySpan<byte> key)
    {
        Span<byte> joined = stackalloc byte[MaxKeyBytes + 36];
        key = key[..Math.Min(key.Length, MaxKeyBytes)];
        key.CopyTo(joined);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(joined[key.Length..]);
#pragma warning disable CA5350 // The protocol fixes SHA-1 here; it proves the protocol, not a secret.
        return Convert.ToBase64String(SHA1.HashData(joined[..(key.Length + 36)]));
#pragma warning restore CA5350
    }

    private static void Send(EdgeStream stream)
    {
        var head = new ResponseHead { Status = stream.Request.Kind == StreamKind.Http ? 200 : SwitchingProtocols };
        try
        {
            if (stream.Request.Headers.TryGet("sec-websocket-key"u8, out var key) && !key.IsEmpty)
            {
                head.Headers.Add("Connection", "Upgrade");
                head.Headers.Add("Sec-Websocket-Accept", AcceptKey(key));
                head.Headers.Add("Upgrade", "websocket");
            }

            stream.SendHead(head);
        }
        finally
        {
            head.Clear();
        }
    }
}
