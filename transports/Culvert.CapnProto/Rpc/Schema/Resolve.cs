using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>
/// rpc.capnp Resolve: what a promised capability became. This library imports promises as if they were settled.
/// </summary>
internal readonly struct Resolve(StructReader fields)
{
    public const ulong TypeId = 0xbbc29655fa89086e;
    public static readonly StructSize Size = new(1, 1);

    public uint PromiseId => fields.GetUInt32(0);

    /// <summary>0 a CapDescriptor, 1 an Exception.</summary>
    public ushort Kind => fields.GetUInt16(4);

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint PromiseId
        {
            set => fields.SetUInt32(0, value);
        }

        public CapDescriptor.Builder InitCap() => new(fields.GetPointer(0).InitStruct(CapDescriptor.Size));
    }
}
