using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of <see cref="MessageTarget"/>.</summary>
internal enum TargetKind : ushort
{
    ImportedCap = 0,
    PromisedAnswer = 1,
}

/// <summary>rpc.capnp MessageTarget: the capability that a call is for.</summary>
internal readonly struct MessageTarget(StructReader fields)
{
    public const ulong TypeId = 0x95bc14545813fbc1;
    public static readonly StructSize Size = new(1, 1);

    public TargetKind Kind => (TargetKind)fields.GetUInt16(4);

    public uint ImportedCap => fields.GetUInt32(0);

    public PromisedAnswer PromisedAnswer => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint ImportedCap
        {
            set => fields.SetUInt32(0, value);
        }

        public PromisedAnswer.Builder InitPromisedAnswer()
        {
            fields.SetUInt16(4, (ushort)TargetKind.PromisedAnswer);
            return new PromisedAnswer.Builder(fields.GetPointer(0).InitStruct(PromisedAnswer.Size));
        }
    }
}
