namespace Culvert.CapnProto.Messages;

/// <summary>The low two bits of a pointer word.</summary>
internal enum PointerKind
{
    Struct = 0,
    List = 1,
    Far = 2,
    Other = 3,
}

/// <summary>The fields of one pointer word ("Encoding", Structs, Lists, Inter-Segment Pointers, Capabilities).</summary>
internal readonly struct PointerWord(ulong bits)
{
    // A zero-size struct must not look like a null pointer, so it points at its own word.
    public static readonly PointerWord EmptyStruct = new(0x0000_0000_ffff_fffc);

    public ulong Bits => bits;

    public bool IsNull => bits == 0;

    public PointerKind Kind => (PointerKind)(bits & 3);

    /// <summary>Words from the end of the pointer to its target; in a composite list's tag the number of elements.</summary>
    public int Offset => (int)bits >> 2;

    public StructSize Size => new((ushort)(bits >> 32), (ushort)(bits >> 48));

    public ElementSize ElementSize => (ElementSize)((bits >> 32) & 7);

    /// <summary>Elements, or the words behind the tag of a composite list.</summary>
    public int Count => (int)(bits >> 35);

    public bool IsDoubleFar => (bits & 4) != 0;

    /// <summary>Where in its segment a far pointer's landing pad is, in words.</summary>
    public uint PadOffset => (uint)bits >> 3;

    public uint Segment => (uint)(bits >> 32);

    public bool IsCapability => (bits & 0xffff_ffff) == (ulong)PointerKind.Other;

    public uint CapabilityIndex => (uint)(bits >> 32);

    public static PointerWord Struct(int offset, StructSize size) =>
        new((uint)(offset << 2) | (ulong)size.DataWords << 32 | (ulong)size.PointerWords << 48);

    public static PointerWord List(int offset, ElementSize element, int count) =>
        new((uint)(offset << 2) | (ulong)PointerKind.List | (ulong)element << 32 | (ulong)count << 35);

    public static PointerWord Capability(uint index) => new((ulong)index << 32 | (ulong)PointerKind.Other);
}
