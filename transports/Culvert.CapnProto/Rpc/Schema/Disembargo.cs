using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of Disembargo.context (group 0xd562b4df655bdd4d).</summary>
internal enum DisembargoContext : ushort
{
    SenderLoopback = 0,
    ReceiverLoopback = 1,
    Accept = 2,
    Provide = 3,
}

/// <summary>rpc.capnp Disembargo: keeps calls in order when a promise resolves to a capability of the caller.</summary>
internal readonly struct Disembargo(StructReader fields)
{
    public const ulong TypeId = 0xf964368b0fbd3711;
    public static readonly StructSize Size = new(1, 1);

    public MessageTarget Target => new(fields.GetStruct(0));

    public DisembargoContext Context => (DisembargoContext)fields.GetUInt16(4);

    public uint ContextValue => fields.GetUInt32(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public MessageTarget.Builder InitTarget() => new(fields.GetPointer(0).InitStruct(MessageTarget.Size));
    }
}
