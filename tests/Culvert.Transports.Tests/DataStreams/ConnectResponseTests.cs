using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.DataStreams;

public class ConnectResponseTests
{
    private const string File = "connect-response.json";

    public static TheoryData<string> All => VectorFile.Names(File);

    [Theory]
    [MemberData(nameof(All))]
    public async Task Reader_finds_the_golden_fields(string name)
    {
        var vector = VectorFile.Find(File, name);
        var decoded = vector.GetProperty("decoded");
        byte[] body = [9];
        using var reader = new ConnectResponseReader();
        var input = PipeReader.Create(new ReadOnlySequence<byte>([.. vector.Hex("hex"), .. body]));
        await reader.ReadAsync(input, default);
        Assert.Equal(Encoding.UTF8.GetBytes(decoded.Text("error")), reader.Error.ToArray());
        HeadSamples.AssertEqual(HeadSamples.Metadata(decoded), reader.Metadata);
        Assert.Equal(body, await input.DrainAsync());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Writer_makes_the_golden_bytes(string name)
    {
        var vector = VectorFile.Find(File, name);
        var decoded = vector.GetProperty("decoded");
        using var writer = new ConnectResponseWriter();
        var output = new ArrayBufferWriter<byte>();
        writer.Start(Encoding.UTF8.GetBytes(decoded.Text("error")));
        foreach (var (key, val) in HeadSamples.Metadata(decoded))
        {
            if (key.AsSpan().SequenceEqual(MetadataKey.HttpStatus))
            {
                writer.AddStatus(int.Parse(val, null));
            }
            else
            {
                writer.Add(key, val);
            }
        }

        writer.WriteTo(output);
        Assert.Equal(vector.Text("hex"), Convert.ToHexStringLower(output.WrittenSpan));
    }

    [Fact]
    public async Task Tcp_is_acknowledged_with_an_empty_list_that_is_present()
    {
        using var writer = new ConnectResponseWriter();
        var output = new ArrayBufferWriter<byte>();
        writer.Start(isListPresent: true);
        writer.WriteTo(output);
        Assert.Equal(
            "0a36cd12a13e3031" + "0000000004000000" + "0000000000000200" + "0000000000000000" + "0100000007000000" +
            "0000000000000200",
            Convert.ToHexStringLower(output.WrittenSpan));
        using var reader = new ConnectResponseReader();
        await reader.ReadAsync(PipeReader.Create(new ReadOnlySequence<byte>(output.WrittenMemory)), default);
        Assert.Equal(0, reader.Metadata.Count);
        Assert.True(reader.Error.IsEmpty);
    }

    [Fact]
    public async Task Another_signature_is_refused()
    {
        using var reader = new ConnectResponseReader();
        byte[] bytes = [.. StreamPreamble.RpcSignature, .. "01"u8, 0, 0, 0, 0];
        var input = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
        await Assert.ThrowsAsync<CapnProtoException>(() => reader.ReadAsync(input, default).AsTask());
    }
}
