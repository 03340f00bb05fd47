using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp ConnectionDetails: what a registered connection is.</summary>
internal readonly struct ConnectionDetails(StructReader fields)
{
    public const ulong TypeId = 0xb5f39f082b9ac18a;
    public static readonly StructSize Size = new(1, 2);

    public ReadOnlySpan<byte> Uuid => fields.GetData(0);

    public ReadOnlySpan<byte> LocationName => fields.GetText(1);

    public bool TunnelIsRemotelyManaged => fields.GetBool(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public bool TunnelIsRemotelyManaged
        {
            set => fields.SetBool(0, value);
        }

        public void SetUuid(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);

        public void SetLocationName(string value) => fields.GetPointer(1).SetText(value);
    }
}
