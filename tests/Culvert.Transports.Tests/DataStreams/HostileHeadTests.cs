using System.Buffers;
using System.IO.Pipelines;
using Culvert.CapnProto.Messages;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.DataStreams;

/// <summary>Golden heads with faults in them: refused when read, or harmless in every property.</summary>
public class HostileHeadTests
{
    [Theory]
    [InlineData("http-get-headers")]
    [InlineData("segment-per-object")]
    public async Task Reader_survives_any_edge(string name)
    {
        var random = new Random(8);
        var golden = VectorFile.Find("connect-request.json", name).Hex("hex");
        using var reader = new ConnectRequestReader();
        var (read, refused) = (0, 0);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = (byte[])golden.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(StreamPreamble.DataBytes, bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                await reader.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(bytes)), default);
                read++;
            }
            catch (CapnProtoException)
            {
                refused++;
            }

            // After either outcome nothing throws any more, however often it is looked at.
            for (var again = 0; again < 3; again++)
            {
                Assert.True(reader.Dest.Length < bytes.Length);
                foreach (var (key, val) in reader.Metadata)
                {
                    Assert.True(key.Length + val.Length < 2 * bytes.Length);
                }
            }
        }

        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
    }

    [Fact]
    public async Task Entries_that_share_one_huge_text_are_refused()
    {
        // 10000 keys of 1 MiB each in a message of 1.2 MiB.
        const int Entries = 10_000;
        using var builder = new MessageBuilder();
        var root = builder.Root.InitStruct(new StructSize(1, 2));
        var list = root.GetPointer(1).InitStructs(Entries, new StructSize(0, 2));
        list.GetStruct(0).GetPointer(0).SetText(new byte[1 << 20].AsSpan());
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(StreamPreamble.DataSignature);
        bytes.Write(StreamPreamble.Version);
        bytes.Write(builder.Frame.Span);
        var message = bytes.WrittenMemory.ToArray();
        var first = StreamPreamble.DataBytes + 8 + (5 * 8);
        var pointer = BitConverter.ToUInt64(message, first);
        for (var i = 1; i < Entries; i++)
        {
            // The same target is two words nearer for each entry.
            BitConverter.TryWriteBytes(message.AsSpan(first + (i * 16)), pointer - ((ulong)(i * 2) << 2));
        }

        using var reader = new ConnectRequestReader();
        var input = PipeReader.Create(new ReadOnlySequence<byte>(message));
        var e = await Assert.ThrowsAsync<CapnProtoException>(() => reader.ReadAsync(input, default).AsTask());
        Assert.Contains("traversal", e.Message);
    }
}
