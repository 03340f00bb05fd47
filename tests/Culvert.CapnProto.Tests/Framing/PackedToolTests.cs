using System.Buffers;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Tool;

namespace Culvert.CapnProto.Tests.Framing;

/// <summary>Our packing against the capnp tool's, in both directions.</summary>
public class PackedToolTests
{
    [ToolFact]
    public async Task Tool_and_library_unpack_each_other()
    {
        var random = new Random(5);
        var data = new byte[5000];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = (byte)((i / 500 % 2 == 0) ? random.Next(4) / 3 : random.Next(256));
        }

        using var builder = new MessageBuilder();
        builder.Root.InitStruct(new StructSize(0, 1)).GetPointer(0).SetData(data);
        var packed = new ArrayBufferWriter<byte>();
        builder.WritePackedFrame(packed);
        Assert.Equal(builder.Frame.ToArray(), await CapnpTool.ConvertAsync("packed:binary", packed.WrittenSpan.ToArray()));

        var input = new ReadOnlySequence<byte>(await CapnpTool.ConvertAsync("binary:packed", builder.Frame.ToArray()));
        using var decoder = new PackedDecoder();
        using var message = new MessageReader();
        Assert.True(decoder.TryRead(ref input, message));
        Assert.True(input.IsEmpty);
        Assert.Equal(data, message.Root.AsStruct().GetData(0).ToArray());
    }
}
