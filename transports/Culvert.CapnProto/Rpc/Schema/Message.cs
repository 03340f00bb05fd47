using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of <see cref="Message"/>.</summary>
internal enum MessageKind : ushort
{
    Unimplemented = 0,
    Abort = 1,
    Call = 2,
    Return = 3,
    Finish = 4,
    Resolve = 5,
    Release = 6,
    ObsoleteSave = 7,
    Bootstrap = 8,
    ObsoleteDelete = 9,
    Provide = 10,
    Accept = 11,
    Join = 12,
    Disembargo = 13,
}

/// <summary>rpc.capnp Message: the root of everything on the wire, a union.</summary>
internal readonly struct Message(StructReader fields)
{
    public const ulong TypeId = 0x91b79f1f808db032;
    public static readonly StructSize Size = new(1, 1);

    public MessageKind Kind => (MessageKind)fields.GetUInt16(0);

    /// <summary>The member, as a struct.</summary>
    public StructReader Body => fields.GetStruct(0);

    /// <summary>Starts a message and its member.</summary>
    public static StructBuilder Init(MessageBuilder message, MessageKind kind, StructSize body) =>
        Init(message, kind).InitStruct(body);

    /// <summary>Starts a message whose member the caller sets.</summary>
    public static PointerBuilder Init(MessageBuilder message, MessageKind kind)
    {
        var root = message.Root.InitStruct(Size);
        root.SetUInt16(0, (ushort)kind);
        return root.GetPointer(0);
    }
}
