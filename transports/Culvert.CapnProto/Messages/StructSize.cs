namespace Culvert.CapnProto.Messages;

/// <summary>The size of a struct's two sections.</summary>
/// <param name="DataWords">Words (8 bytes) of the data section.</param>
/// <param name="PointerWords">Words of the pointer section, which is the number of pointers.</param>
public readonly record struct StructSize(ushort DataWords, ushort PointerWords)
{
    /// <summary>Both sections together, in words.</summary>
    public int Words => DataWords + PointerWords;
}
