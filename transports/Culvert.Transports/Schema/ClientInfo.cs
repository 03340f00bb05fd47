using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp ClientInfo: which connector registers.</summary>
internal readonly struct ClientInfo(StructReader fields)
{
    public const ulong TypeId = 0x83ced0145b2f114b;
    public static readonly StructSize Size = new(0, 4);

    public ReadOnlySpan<byte> ClientId => fields.GetData(0);

    public ListReader Features => fields.GetList(1);

    public ReadOnlySpan<byte> Version => fields.GetText(2);

    public ReadOnlySpan<byte> Arch => fields.GetText(3);

    internal readonly struct Builder(StructBuilder fields)
    {
        public void SetClientId(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);

        public ListBuilder InitFeatures(int count) => fields.GetPointer(1).InitList(count, ElementSize.AnyPointer);

        public void SetVersion(string value) => fields.GetPointer(2).SetText(value);

        public void SetArch(string value) => fields.GetPointer(3).SetText(value);
    }
}
