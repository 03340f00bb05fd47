using System.Buffers.Binary;
using System.Text;

namespace Culvert.Transports.Http2.Tests.Fixtures;

/// <summary>HTTP/2 frames written and read by hand, so that a test sees what no client shows (RFC 9113, section 4).</summary>
internal sealed class RawFrames(Stream stream)
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;
    public const byte Ack = 1;

    public sealed record Frame(byte Type, byte Flags, int Stream, byte[] Payload)
    {
        public bool EndsStream => Type is Data or Headers && (Flags & EndStream) != 0;

        public uint ErrorCode => BinaryPrimitives.ReadUInt32BigEndian(Payload);
    }

    /// <summary>The client's preface and empty settings.</summary>
    public async Task StartAsync()
    {
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await WriteAsync(new Frame(Settings, 0, 0, []));
    }

    public async Task WriteAsync(Frame frame)
    {
        var bytes = new byte[9 + frame.Payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, frame.Payload.Length << 8);
        bytes[3] = frame.Type;
        bytes[4] = frame.Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), frame.Stream);
        frame.Payload.CopyTo(bytes, 9);
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    /// <summary>Opens a stream with literal header fields (RFC 7541, section 6.2.2), without ending it.</summary>
    public Task OpenAsync(int id, params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields.Prepend((":authority", "demo.example")).Prepend((":path", "/")).Prepend(
            (":scheme", "http"))
            .Prepend((":method", "POST")))
        {
            block.AddRange(
                [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)]);
        }

        return WriteAsync(new Frame(Headers, EndHeaders, id, [.. block]));
    }

    public async Task<Frame> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Dialled.Limit);
        var head = new byte[9];
        await stream.ReadExactlyAsync(head, limit.Token);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
        await stream.ReadExactlyAsync(payload, limit.Token);
        return new Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
    }

    /// <summary>Reads up to the first frame that is asked for.</summary>
    public async Task<Frame> ReadAsync(Func<Frame, bool> wanted)
    {
        while (true)
        {
            var frame = await ReadAsync();
            if (wanted(frame))
            {
                return frame;
            }
        }
    }
}
