using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp TunnelAuth.</summary>
internal readonly struct TunnelAuth(StructReader fields)
{
    public const ulong TypeId = 0x9496331ab9cd463f;
    public static readonly StructSize Size = new(0, 2);

    public ReadOnlySpan<byte> AccountTag => fields.GetText(0);

    public ReadOnlySpan<byte> TunnelSecret => fields.GetData(1);

    internal readonly struct Builder(StructBuilder fields)
    {
        public void SetAccountTag(string value) => fields.GetPointer(0).SetText(value);

        public void SetTunnelSecret(ReadOnlySpan<byte> value) => fields.GetPointer(1).SetData(value);
    }
}
