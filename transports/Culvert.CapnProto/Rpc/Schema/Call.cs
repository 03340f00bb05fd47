using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of Call.sendResultsTo (group 0xdae8b0f61aab5f99).</summary>
internal enum SendResultsTo : ushort
{
    Caller = 0,
    Yourself = 1,
    ThirdParty = 2,
}

/// <summary>rpc.capnp Call: starts a method.</summary>
internal readonly struct Call(StructReader fields)
{
    public const ulong TypeId = 0x836a53ce789d4cd4;
    public static readonly StructSize Size = new(3, 3);

    public uint QuestionId => fields.GetUInt32(0);

    public MessageTarget Target => new(fields.GetStruct(0));

    public ulong InterfaceId => fields.GetUInt64(8);

    public ushort MethodId => fields.GetUInt16(4);

    public Payload Params => new(fields.GetStruct(1));

    public SendResultsTo SendResultsTo => (SendResultsTo)fields.GetUInt16(6);

    public bool AllowThirdPartyTailCall => fields.GetBool(128);

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint QuestionId
        {
            set => fields.SetUInt32(0, value);
        }

        public ulong InterfaceId
        {
            set => fields.SetUInt64(8, value);
        }

        public ushort MethodId
        {
            set => fields.SetUInt16(4, value);
        }

        public MessageTarget.Builder InitTarget() => new(fields.GetPointer(0).InitStruct(MessageTarget.Size));

        public Payload.Builder InitParams() => new(fields.GetPointer(1).InitStruct(Payload.Size));
    }
}
