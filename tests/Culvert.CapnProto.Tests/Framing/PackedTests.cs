using System.Buffers;
using System.IO.Pipelines;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Framing;

public class PackedTests
{
    // Worked by hand from the description of the packing.
    [Theory]
    [InlineData("", "")]
    [InlineData("0800000003000200" + "19000000aa010000", "51080302" + "3119aa01")]
    [InlineData("0000000000000000", "0000")]
    [InlineData("000000000000000000000000000000000000000000000000", "0002")]
    [InlineData("0102030405060708", "ff010203040506070800")]
    [InlineData(
        "0102030405060708" + "0102030405060008" + "0100000000000000", "ff0102030405060708" + "01" + "0102030405060008" + "0101")]
    public void Words_have_their_packed_form(string words, string packed)
    {
        var output = new ArrayBufferWriter<byte>();
        PackedEncoder.Pack(Convert.FromHexString(words), output);
        Assert.Equal(packed, Convert.ToHexStringLower(output.WrittenSpan));
    }

    [Fact]
    public void Parts_of_words_cannot_be_packed() =>
        Assert.Throws<ArgumentException>(() => PackedEncoder.Pack(new byte[7], new ArrayBufferWriter<byte>()));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100_000)]
    public async Task What_is_packed_is_unpacked_in_any_fragmentation(int fragment)
    {
        var random = new Random(3);
        for (var round = 0; round < 30; round++)
        {
            using var builder = new MessageBuilder();
            var data = new byte[random.Next(0, 8000)];
            for (var i = 0; i < data.Length; i++)
            {
                // Stretches of zeroes, of anything but zeroes, and of both.
                data[i] = (i / 700 % 3) switch { 0 => 0, 1 => (byte)random.Next(1, 256), _ => (byte)random.Next(2) };
            }

            builder.Root.SetData(data);
            var packed = new ArrayBufferWriter<byte>();
            builder.WritePackedFrame(packed);
            builder.WritePackedFrame(packed);
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            for (var at = 0; at < packed.WrittenCount; at += fragment)
            {
                await pipe.Writer.WriteAsync(packed.WrittenMemory.Slice(at, Math.Min(fragment, packed.WrittenCount - at)));
            }

            await pipe.Writer.CompleteAsync();
            using var decoder = new PackedDecoder();
            using var message = new MessageReader();
            for (var i = 0; i < 2; i++)
            {
                Assert.True(await decoder.ReadFrameAsync(pipe.Reader, message).Within());
                Assert.Equal(data, message.Root.AsData().ToArray());
            }

            Assert.False(await decoder.ReadFrameAsync(pipe.Reader, message).Within());
        }
    }

    [Fact]
    public void Decoding_goes_on_where_the_bytes_ended()
    {
        using var builder = new MessageBuilder();
        builder.Root.SetData([.. Enumerable.Range(1, 200).Select(i => (byte)i)]);
        var packed = new ArrayBufferWriter<byte>();
        builder.WritePackedFrame(packed);
        using var decoder = new PackedDecoder();
        using var message = new MessageReader();
        for (var i = 0; i < packed.WrittenCount; i++)
        {
            var one = new ReadOnlySequence<byte>(packed.WrittenMemory.Slice(i, 1));
            Assert.Equal(i == packed.WrittenCount - 1, decoder.TryRead(ref one, message));
            Assert.True(one.IsEmpty);
        }

        Assert.Equal(200, message.Root.AsData().Length);
    }

    [Theory]
    [InlineData("10" + "02" + "00ff", "beyond")]
    [InlineData("10" + "01" + "ff0102030405060708" + "01" + "0102030405060708", "beyond")]
    [InlineData("3f" + "010203040506", "too many segments")]
    [InlineData("f0" + "ffffffff", "too large")]
    public async Task Runs_beyond_the_message_and_its_limits_are_refused(string hex, string error)
    {
        using var decoder = new PackedDecoder();
        using var message = new MessageReader();
        var input = PipeReader.Create(new ReadOnlySequence<byte>(Convert.FromHexString(hex)));
        var e = await Assert.ThrowsAsync<CapnProtoException>(() => decoder.ReadFrameAsync(input, message).AsTask());
        Assert.Contains(error, e.Message);
    }

    [Fact]
    public async Task Truncation_anywhere_is_an_error()
    {
        using var builder = new MessageBuilder();
        builder.Root.InitStruct(new StructSize(3, 1)).GetPointer(0).SetText("packed and cut");
        var packed = new ArrayBufferWriter<byte>();
        builder.WritePackedFrame(packed);
        for (var length = 1; length < packed.WrittenCount; length++)
        {
            using var decoder = new PackedDecoder();
            using var message = new MessageReader();
            var input = PipeReader.Create(new ReadOnlySequence<byte>(packed.WrittenMemory[..length]));
            await Assert.ThrowsAsync<CapnProtoException>(() => decoder.ReadFrameAsync(input, message).AsTask());
        }
    }

    [Fact]
    public void Random_bytes_are_unpacked_or_refused()
    {
        var random = new Random(4);
        var limits = new MessageLimits { MessageBytes = 16 << 10 };
        var (read, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);

            // A small first word makes a frame that can be completed.
            (bytes[0], bytes[^1]) = (i % 2 == 0 ? (byte)0x10 : bytes[0], (byte)0);
            if (i % 2 == 0 && bytes.Length > 1)
            {
                bytes[1] %= 8;
            }

            using var decoder = new PackedDecoder(limits);
            using var message = new MessageReader(limits);
            try
            {
                var input = new ReadOnlySequence<byte>(bytes);
                read += decoder.TryRead(ref input, message) ? 1 : 0;
            }
            catch (CapnProtoException)
            {
                refused++;
            }
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }
}
