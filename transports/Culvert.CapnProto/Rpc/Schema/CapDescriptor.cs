using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of <see cref="CapDescriptor"/>.</summary>
internal enum CapKind : ushort
{
    None = 0,
    SenderHosted = 1,
    SenderPromise = 2,
    ReceiverHosted = 3,
    ReceiverAnswer = 4,
    ThirdPartyHosted = 5,
}

/// <summary>rpc.capnp CapDescriptor: where a capability in a payload lives.</summary>
internal readonly struct CapDescriptor(StructReader fields)
{
    public const ulong TypeId = 0x8523ddc40b86b8b0;
    public static readonly StructSize Size = new(1, 1);

    public CapKind Kind => (CapKind)fields.GetUInt16(0);

    public uint Id => fields.GetUInt32(4);

    internal readonly struct Builder(StructBuilder fields)
    {
        public CapKind Kind
        {
            set => fields.SetUInt16(0, (ushort)value);
        }

        public uint Id
        {
            set => fields.SetUInt32(4, value);
        }
    }
}
