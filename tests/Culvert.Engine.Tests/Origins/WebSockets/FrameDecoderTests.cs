using System.Buffers;
using System.IO.Pipelines;
using Culvert.Engine.Origins.WebSockets;
using Culvert.Engine.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.WebSockets;

public sealed class FrameDecoderTests
{
    [Fact]
    public void Message_of_any_fragments_and_pieces_arrives_whole_with_control_frames_between()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var (bytes, payload, pings) = RandomFrames(random);
            var (data, seen, error) = Decode(bytes, random);

            Assert.Null(error);
            Assert.Equal(payload, data);
            Assert.Equal(pings, seen);
        }
    }

    [Fact]
    public void Text_is_discarded()
    {
        var (data, _, error) = Decode(
            [.. ClientFrames.Create(1, "te"u8, final: false), .. ClientFrames.More("xt", true), .. ClientFrames.Binary("b")],
            null);

        Assert.Null(error);
        Assert.Equal("b"u8.ToArray(), data);
    }

    [Fact]
    public void Message_inside_another_is_refused() =>
        Assert.NotNull(Decode([.. ClientFrames.Binary("a", final: false), .. ClientFrames.Binary("b")], null).Error);

    [Fact]
    public void Continuation_of_nothing_is_refused() =>
        Assert.NotNull(Decode([.. ClientFrames.Binary("a"), .. ClientFrames.More("b", true)], null).Error);

    [Fact]
    public void Random_bytes_decode_the_same_in_any_pieces_and_fail_in_one_way_only()
    {
        var random = new Random(11);
        for (var round = 0; round < 5000; round++)
        {
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0)
            {
                // Most random headers are refused at once; this one gets further.
                (bytes[0], bytes[^1]) = ((byte)(0x80 | (random.Next(2) == 0 ? 2 : 9)), 0);
                if (bytes.Length > 1)
                {
                    bytes[1] = (byte)(0x80 | random.Next(60));
                }
            }

            var whole = Decode(bytes, null);
            var pieces = Decode(bytes, random);
            Assert.Equal(whole.Data, pieces.Data);
            Assert.Equal(whole.Pings, pieces.Pings);
            Assert.Equal(whole.Error, pieces.Error);
        }
    }

    [Fact]
    public void Data_costs_no_allocation()
    {
        var decoder = new FrameDecoder();
        var frame = ClientFrames.Binary(new byte[4000]);
        using var sink = new SinkWriter();
        var sequence = new ReadOnlySequence<byte>(frame);
        decoder.Take(sequence, sink, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            decoder.Take(sequence, sink, out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(4000L * 1001, sink.Written);
    }

    private static (byte[] Bytes, byte[] Payload, int Pings) RandomFrames(Random random)
    {
        var bytes = new List<byte>();
        var payload = new List<byte>();
        var pings = 0;
        for (var message = random.Next(1, 4); message > 0; message--)
        {
            var fragments = random.Next(1, 4);
            for (var i = 0; i < fragments; i++)
            {
                var part = new byte[random.Next(5) == 0 ? random.Next(60_000, 70_000) : random.Next(0, 300)];
                random.NextBytes(part);
                payload.AddRange(part);
                bytes.AddRange(ClientFrames.Create(i == 0 ? 2 : 0, part, i == fragments - 1));
                if (random.Next(2) == 0)
                {
                    bytes.AddRange(ClientFrames.Create(9, new byte[random.Next(126)]));
                    pings++;
                }
            }
        }

        return ([.. bytes], [.. payload], pings);
    }

    // Feeds the decoder as a pipe does: what was not taken comes again, with more behind it.
    private static (byte[] Data, int Pings, string? Error) Decode(byte[] bytes, Random? pieces)
    {
        var decoder = new FrameDecoder();
        using var sink = new SinkWriter(keep: true);
        var pings = 0;
        var taken = 0;
        try
        {
            for (var end = 0; end < bytes.Length;)
            {
                end = pieces is null ? bytes.Length : Math.Min(bytes.Length, end + pieces.Next(1, 40_000 >> pieces.Next(16)) + 1);
                FrameDecoder.Step step;
                do
                {
                    var rest = new ReadOnlySequence<byte>(bytes, taken, end - taken);
                    step = decoder.Take(rest, sink, out var consumed);
                    taken += (int)rest.Slice(0, consumed).Length;
                    pings += step == FrameDecoder.Step.Control ? 1 : 0;
                }
                while (step == FrameDecoder.Step.Control);
            }
        }
        catch (WebSocketFormatException e)
        {
            return (sink.Kept, pings, e.Message);
        }

        return (sink.Kept, pings, null);
    }

    private sealed class SinkWriter(bool keep = false) : PipeWriter, IDisposable
    {
        private readonly byte[] _buffer = new byte[4096];
        private readonly MemoryStream _kept = new();

        public long Written { get; private set; }

        public byte[] Kept => _kept.ToArray();

        public override void Advance(int bytes)
        {
            Written += bytes;
            if (keep)
            {
                _kept.Write(_buffer, 0, bytes);
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public void Dispose() => _kept.Dispose();
    }
}
