using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp Exception; the view's name differs so that it does not hide the runtime's.</summary>
internal readonly struct ExceptionInfo(StructReader fields)
{
    public const ulong TypeId = 0xd625b7063acf691a;
    public const ulong EnumTypeId = 0xb28c96e23f4cbd58;
    public static readonly StructSize Size = new(1, 1);

    public ReadOnlySpan<byte> Reason => fields.GetText(0);

    public RpcExceptionType Type => (RpcExceptionType)fields.GetUInt16(4);

    internal readonly struct Builder(StructBuilder fields)
    {
        public RpcExceptionType Type
        {
            set => fields.SetUInt16(4, (ushort)value);
        }

        public void SetReason(string value) => fields.GetPointer(0).SetText(value);
    }
}
