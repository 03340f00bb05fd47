using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp PromisedAnswer: a capability inside an answer that may not be there yet.</summary>
internal readonly struct PromisedAnswer(StructReader fields)
{
    public const ulong TypeId = 0xd800b1d6cd6f1ca0;
    public static readonly StructSize Size = new(1, 1);

    public uint QuestionId => fields.GetUInt32(0);

    /// <summary>The pointers to follow from the answer's content; see <see cref="Op"/>.</summary>
    public ListReader Transform => fields.GetList(0);

    /// <summary>rpc.capnp PromisedAnswer.Op: one step.</summary>
    internal readonly struct Op(StructReader fields)
    {
        public const ulong TypeId = 0xf316944415569081;
        public const ushort Noop = 0;
        public const ushort GetPointerField = 1;
        public static readonly StructSize Size = new(1, 0);

        public ushort Kind => fields.GetUInt16(0);

        public ushort PointerField => fields.GetUInt16(2);

        internal readonly struct Builder(StructBuilder fields)
        {
            public ushort PointerField
            {
                set
                {
                    fields.SetUInt16(0, GetPointerField);
                    fields.SetUInt16(2, value);
                }
            }
        }
    }

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint QuestionId
        {
            set => fields.SetUInt32(0, value);
        }

        public ListBuilder InitTransform(int count) => fields.GetPointer(0).InitStructs(count, Op.Size);
    }
}
