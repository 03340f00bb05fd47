using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp Finish: the caller needs the answer no longer, or wants the call cancelled.</summary>
internal readonly struct Finish(StructReader fields)
{
    public const ulong TypeId = 0xd37d2eb2c2f80e63;
    public static readonly StructSize Size = new(1, 0);

    public uint QuestionId => fields.GetUInt32(0);

    public bool ReleaseResultCaps => fields.GetBool(32, standard: true);

    internal readonly struct Builder(StructBuilder fields)
    {
        public uint QuestionId
        {
            set => fields.SetUInt32(0, value);
        }

        public bool ReleaseResultCaps
        {
            set => fields.SetBool(32, value, standard: true);
        }
    }
}
