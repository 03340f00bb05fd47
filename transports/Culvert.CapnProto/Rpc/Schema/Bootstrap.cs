using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp Bootstrap: asks for the vat's main capability.</summary>
internal readonly struct Bootstrap(StructReader fields)
{
    public const ulong TypeId = 0xe94ccf8031176ec4;
    public static readonly StructSize Size = new(1, 1);

    public uint QuestionId => fields.GetUInt32(0);

    public PointerReader DeprecatedObjectId => fields.GetPointer(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint QuestionId
        {
            set => fields.SetUInt32(0, value);
        }
    }
}
