using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>The discriminant of <see cref="Return"/>.</summary>
internal enum ReturnKind : ushort
{
    Results = 0,
    Exception = 1,
    Canceled = 2,
    ResultsSentElsewhere = 3,
    TakeFromOtherQuestion = 4,
    AcceptFromThirdParty = 5,
}

/// <summary>rpc.capnp Return: the answer to a Bootstrap or Call.</summary>
internal readonly struct Return(StructReader fields)
{
    public const ulong TypeId = 0x9e19b28d3db3573a;
    public static readonly StructSize Size = new(2, 1);

    public uint AnswerId => fields.GetUInt32(0);

    public bool ReleaseParamCaps => fields.GetBool(32, standard: true);

    public ReturnKind Kind => (ReturnKind)fields.GetUInt16(6);

    public Payload Results => new(fields.GetStruct(0));

    public ExceptionInfo Exception => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint AnswerId
        {
            set => fields.SetUInt32(0, value);
        }

        public bool ReleaseParamCaps
        {
            set => fields.SetBool(32, value, standard: true);
        }

        public ReturnKind Kind
        {
            set => fields.SetUInt16(6, (ushort)value);
        }

        public Payload.Builder InitResults() => new(fields.GetPointer(0).InitStruct(Payload.Size));

        public ExceptionInfo.Builder InitException() => new(fields.GetPointer(0).InitStruct(ExceptionInfo.Size));
    }
}
