using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

/// <summary>Only <see cref="CapnProtoException"/> may come of bytes that anybody can send.</summary>
public class HostileInputTests
{
    private static readonly MessageLimits Limits = new() { TraversalBytes = 32 << 10 };

    [Fact]
    public void Random_words_are_read_or_refused()
    {
        var random = new Random(1);
        var visited = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var segments = new ulong[random.Next(1, 4)][];
            for (var s = 0; s < segments.Length; s++)
            {
                segments[s] = new ulong[random.Next(1, 12)];
                for (var w = 0; w < segments[s].Length; w++)
                {
                    segments[s][w] = LikelyPointer(random, segments.Length);
                }
            }

            visited += Visit(Words.Frame(segments));
        }

        Assert.True(visited > 20_000, $"only {visited} objects were reached: the fuzzer does not get deep");
    }

    [Fact]
    public void Mutated_messages_are_read_or_refused()
    {
        var random = new Random(2);
        var original = Sample();
        var visited = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = (byte[])original.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : 1 << random.Next(8));
            }

            visited += Visit(bytes);
        }

        Assert.True(visited > 20_000, $"only {visited} objects were reached: the fuzzer does not get deep");
    }

    [Fact]
    public void Truncated_messages_are_refused()
    {
        var bytes = Sample();
        for (var length = 0; length < bytes.Length; length++)
        {
            var message = new MessageReader(Limits);
            Assert.Throws<CapnProtoException>(() => message.Open(bytes.AsMemory(0, length)));
        }

        Assert.Throws<CapnProtoException>(() => new MessageReader().Open((byte[])[.. bytes, 0]));
    }

    private static byte[] Sample()
    {
        using var message = new MessageBuilder();
        var root = message.Root.InitStruct(new StructSize(1, 4));
        root.GetPointer(0).SetText("text");
        var list = root.GetPointer(1).InitStructs(3, new StructSize(1, 2));
        list.GetStruct(2).GetPointer(1).InitList(3, ElementSize.AnyPointer).GetPointer(2).SetData([1, 2, 3]);
        root.GetPointer(2).InitList(20, ElementSize.Bit);
        root.GetPointer(3).InitStruct(new StructSize(0, 1)).GetPointer(0).SetCapability(1);
        return message.Frame.ToArray();
    }

    private static ulong LikelyPointer(Random random, int segments)
    {
        var offset = random.Next(-4, 8);
        return random.Next(6) switch
        {
            0 => Words.Struct(offset, (ushort)random.Next(3), (ushort)random.Next(3)),
            1 => Words.List(offset, (ElementSize)random.Next(8), random.Next(40)),
            2 => Words.Far((uint)random.Next(segments + 1), (uint)random.Next(12), random.Next(2) == 0),
            3 => (ulong)random.NextInt64(),
            4 => Words.Struct(random.Next(4), (ushort)random.Next(2), (ushort)random.Next(2)),
            _ => 0,
        };
    }

    /// <summary>Reads all that can be reached, in every way; the answer is how many objects that were.</summary>
    private static int Visit(byte[] frame)
    {
        var message = new MessageReader(Limits);
        var visited = 0;
        try
        {
            message.Open(frame);
            Visit(message.Root, ref visited);
        }
        catch (CapnProtoException)
        {
        }

        return visited;
    }

    private static void Visit(PointerReader pointer, ref int visited)
    {
        foreach (var way in (ReadOnlySpan<int>)[0, 1, 2, 3])
        {
            try
            {
                switch (way)
                {
                    case 0:
                        visited += Math.Sign(pointer.AsText().Length);
                        break;
                    case 1:
                        visited += pointer.AsCapability() is null ? 0 : 1;
                        break;
                    case 2:
                        Visit(pointer.AsStruct(), ref visited);
                        break;
                    default:
                        Visit(pointer.AsList(), ref visited);
                        break;
                }
            }
            catch (CapnProtoException e) when (!e.Message.Contains("traversal"))
            {
            }
        }
    }

    private static void Visit(StructReader structure, ref int visited)
    {
        visited++;
        for (var offset = 0; offset < structure.DataBytes + 8; offset += 8)
        {
            structure.GetUInt64(offset);
        }

        for (var i = 0; i < structure.PointerCount; i++)
        {
            Visit(structure.GetPointer(i), ref visited);
        }
    }

    private static void Visit(ListReader list, ref int visited)
    {
        visited++;
        for (var i = 0; i < list.Count; i++)
        {
            if (list.ElementSize == ElementSize.Bit)
            {
                list.GetBool(i);
            }
            else
            {
                Visit(list.GetStruct(i), ref visited);
            }
        }
    }
}
