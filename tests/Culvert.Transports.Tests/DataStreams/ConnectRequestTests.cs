using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.DataStreams;

public class ConnectRequestTests
{
    private const string File = "connect-request.json";

    public static TheoryData<string> All => VectorFile.Names(File);

    public static TheoryData<string> OneSegment =>
        VectorFile.Names(File, v => !v.GetProperty("decoded").TryGetProperty("segments", out var s) || s.GetInt32() == 1);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Reader_finds_the_golden_fields_in_any_fragmentation(string name)
    {
        var vector = VectorFile.Find(File, name);
        var (bytes, decoded) = (vector.Hex("hex"), vector.GetProperty("decoded"));
        byte[] body = [1, 2, 3];
        using var reader = new ConnectRequestReader();
        foreach (var fragment in (int[])[int.MaxValue, 64, 1])
        {
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var reading = reader.ReadAsync(pipe.Reader, default).AsTask();
            await FeedAsync(pipe.Writer, [.. bytes, .. body], fragment);
            await reading.Within();
            Assert.Equal(Encoding.UTF8.GetBytes(decoded.Text("dest")), reader.Dest.ToArray());
            Assert.Equal(decoded.GetProperty("typeNumber").GetInt32(), (int)reader.Type);
            Assert.True(reader.IsTypeKnown);
            HeadSamples.AssertEqual(HeadSamples.Metadata(decoded), reader.Metadata);
            Assert.Equal(body, await pipe.Reader.DrainAsync());
        }
    }

    [Theory]
    [MemberData(nameof(OneSegment))]
    public void Writer_makes_the_golden_bytes_in_one_piece(string name)
    {
        var vector = VectorFile.Find(File, name);
        var decoded = vector.GetProperty("decoded");
        using var writer = new ConnectRequestWriter();
        for (var round = 0; round < 2; round++)
        {
            var output = new ArrayBufferWriter<byte>();
            var type = (ConnectionType)decoded.GetProperty("typeNumber").GetInt32();
            writer.Start(type, Encoding.UTF8.GetBytes(decoded.Text("dest")));
            foreach (var (key, val) in HeadSamples.Metadata(decoded))
            {
                writer.Add(key, val);
            }

            writer.WriteTo(output);
            Assert.Equal(vector.Text("hex"), Convert.ToHexStringLower(output.WrittenSpan));
        }
    }

    [Fact]
    public void Headers_of_bytes_and_of_characters_are_written_alike()
    {
        using var writer = new ConnectRequestWriter();
        var (bytes, chars) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        writer.Start(ConnectionType.Http, "/"u8);
        writer.Add("HttpHost"u8, "é.example"u8);
        writer.Add("HttpHeader:X-Ä"u8, "naïve"u8);
        writer.WriteTo(bytes);
        writer.Start(ConnectionType.Http, "/"u8);
        writer.Add("HttpHost", "é.example", Encoding.UTF8);
        writer.AddHeader("X-Ä", "naïve", Encoding.UTF8);
        writer.WriteTo(chars);
        Assert.Equal(bytes.WrittenSpan.ToArray(), chars.WrittenSpan.ToArray());
    }

    [Fact]
    public void Writer_refuses_a_type_that_crashes_the_reference()
    {
        using var writer = new ConnectRequestWriter();
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Start((ConnectionType)3, "/"u8));
        Assert.Throws<InvalidOperationException>(() => writer.WriteTo(new ArrayBufferWriter<byte>()));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(0xffff)]
    public async Task Unknown_type_is_read_and_reported(int type)
    {
        var bytes = VectorFile.Find(File, "tcp-flow").Hex("hex");
        (bytes[24], bytes[25]) = ((byte)type, (byte)(type >> 8));
        using var reader = new ConnectRequestReader();
        await reader.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(bytes)), default);
        Assert.False(reader.IsTypeKnown);
        Assert.Equal(type, (int)reader.Type);
    }

    [Fact]
    public async Task Version_is_ignored()
    {
        var bytes = VectorFile.Find(File, "tcp-flow").Hex("hex");
        (bytes[6], bytes[7]) = (0x39, 0xff);
        using var reader = new ConnectRequestReader();
        await reader.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(bytes)), default);
        Assert.Equal("10.1.2.3:5432", Encoding.UTF8.GetString(reader.Dest));
    }

    [Fact]
    public async Task Truncation_anywhere_is_an_error_and_never_a_partial_head()
    {
        var bytes = VectorFile.Find(File, "segment-per-object").Hex("hex");
        using var reader = new ConnectRequestReader();
        for (var length = 0; length < bytes.Length; length++)
        {
            var input = PipeReader.Create(new ReadOnlySequence<byte>(bytes, 0, length));
            await Assert.ThrowsAsync<CapnProtoException>(() => reader.ReadAsync(input, default).AsTask());
            Assert.True(reader.Dest.IsEmpty);
            Assert.Equal(0, reader.Metadata.Count);
        }
    }

    [Fact]
    public async Task Metadata_with_a_bad_pointer_is_refused_when_read()
    {
        // The last key's pointer, made to point out of the segment.
        var bytes = VectorFile.Find(File, "tcp-flow").Hex("hex");
        bytes[64 + 3] = 0x7f;
        using var reader = new ConnectRequestReader();
        var input = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
        await Assert.ThrowsAsync<CapnProtoException>(() => reader.ReadAsync(input, default).AsTask());
    }

    [Fact]
    public async Task Metadata_beyond_its_limit_is_refused()
    {
        using var writer = new ConnectRequestWriter();
        using var reader = new ConnectRequestReader();
        foreach (var count in (int[])[16384, 16385])
        {
            writer.Start(ConnectionType.Http, default);
            for (var i = 0; i < count; i++)
            {
                writer.Add("k"u8, default);
            }

            var output = new ArrayBufferWriter<byte>();
            writer.WriteTo(output);
            var reading = reader.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(output.WrittenMemory)), default).AsTask();
            if (count == 16384)
            {
                await reading;
                Assert.Equal(count, reader.Metadata.Count);
            }
            else
            {
                await Assert.ThrowsAsync<CapnProtoException>(() => reading);
            }
        }
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_leaves_the_pipe_usable()
    {
        var pipe = new Pipe();
        using var reader = new ConnectRequestReader();
        using var cancel = new CancellationTokenSource();
        var reading = reader.ReadAsync(pipe.Reader, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await pipe.Writer.WriteAsync(VectorFile.Find(File, "tcp-flow").Hex("hex"));
        await reader.ReadAsync(pipe.Reader, default).AsTask().Within();
        Assert.Equal(ConnectionType.Tcp, reader.Type);
    }

    private static async Task FeedAsync(PipeWriter writer, byte[] bytes, int fragment)
    {
        for (var at = 0; at < bytes.Length; at += Math.Min(fragment, bytes.Length - at))
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(fragment, bytes.Length - at)));
        }

        await writer.CompleteAsync();
    }
}
