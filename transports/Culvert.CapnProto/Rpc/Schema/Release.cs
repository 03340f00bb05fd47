using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp Release: the sender gives up references to a capability of the receiver.</summary>
internal readonly struct Release(StructReader fields)
{
    public const ulong TypeId = 0xad1a6c0d7dd07497;
    public static readonly StructSize Size = new(1, 0);

    public uint Id => fields.GetUInt32(0);

    public uint ReferenceCount => fields.GetUInt32(4);

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint Id
        {
            set => fields.SetUInt32(0, value);
        }

        public uint ReferenceCount
        {
            set => fields.SetUInt32(4, value);
        }
    }
}
