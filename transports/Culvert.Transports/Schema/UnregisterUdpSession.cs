using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters of SessionManager.unregisterUdpSession; its results have no fields.</summary>
internal readonly struct UnregisterUdpSessionParams(StructReader fields)
{
    public const ulong TypeId = 0x96b74375ce9b0ef6;
    public const ulong ResultsTypeId = 0xf24ec4ab5891b676;
    public static readonly StructSize Size = new(0, 2);

    public ReadOnlySpan<byte> SessionId => fields.GetData(0);

    public ReadOnlySpan<byte> Message => fields.GetText(1);

    internal readonly struct Builder(StructBuilder fields)
    {
        public void SetSessionId(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);

        public void SetMessage(string value) => fields.GetPointer(1).SetText(value);
    }
}
