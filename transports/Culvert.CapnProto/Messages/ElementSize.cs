namespace Culvert.CapnProto.Messages;

/// <summary>What a list's elements occupy: bits 32-34 of a list pointer ("Encoding", Lists).</summary>
public enum ElementSize
{
    /// <summary>Nothing.</summary>
    Void = 0,

    /// <summary>One bit.</summary>
    Bit = 1,

    /// <summary>One byte.</summary>
    Byte = 2,

    /// <summary>Two bytes.</summary>
    TwoBytes = 3,

    /// <summary>Four bytes.</summary>
    FourBytes = 4,

    /// <summary>Eight bytes that are not a pointer.</summary>
    EightBytes = 5,

    /// <summary>A pointer.</summary>
    AnyPointer = 6,

    /// <summary>A struct; the list begins with a tag word.</summary>
    Composite = 7,
}
