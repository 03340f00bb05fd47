using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters of SessionManager.registerUdpSession.</summary>
internal readonly struct RegisterUdpSessionParams(StructReader fields)
{
    public const ulong TypeId = 0x904e297b87fbecea;
    public static readonly StructSize Size = new(2, 3);

    public ReadOnlySpan<byte> SessionId => fields.GetData(0);

    public ReadOnlySpan<byte> DstIp => fields.GetData(1);

    public ushort DstPort => fields.GetUInt16(0);

    /// <summary>Nanoseconds.</summary>
    public long CloseAfterIdleHint => fields.GetInt64(8);

    public ReadOnlySpan<byte> TraceContext => fields.GetText(2);

    internal readonly struct Builder(StructBuilder fields)
    {
        public ushort DstPort
        {
            set => fields.SetUInt16(0, value);
        }

        public long CloseAfterIdleHint
        {
            set => fields.SetInt64(8, value);
        }

        public void SetSessionId(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);

        public void SetDstIp(ReadOnlySpan<byte> value) => fields.GetPointer(1).SetData(value);

        public void SetTraceContext(string value) => fields.GetPointer(2).SetText(value);
    }
}

/// <summary>The results of SessionManager.registerUdpSession.</summary>
internal readonly struct RegisterUdpSessionResults(StructReader fields)
{
    public const ulong TypeId = 0x8635c6b4f45bf5cd;
    public static readonly StructSize Size = new(0, 1);

    public RegisterUdpSessionResponse Result => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public RegisterUdpSessionResponse.Builder InitResult() =>
            new(fields.GetPointer(0).InitStruct(RegisterUdpSessionResponse.Size));
    }
}

/// <summary>tunnelrpc.capnp RegisterUdpSessionResponse.</summary>
internal readonly struct RegisterUdpSessionResponse(StructReader fields)
{
    public const ulong TypeId = 0xab6d5210c1f26687;
    public static readonly StructSize Size = new(0, 2);

    public ReadOnlySpan<byte> Err => fields.GetText(0);

    public ReadOnlySpan<byte> Spans => fields.GetData(1);

    internal readonly struct Builder(StructBuilder fields)
    {
        public void SetErr(string value) => fields.GetPointer(0).SetText(value);

        public void SetSpans(ReadOnlySpan<byte> value) => fields.GetPointer(1).SetData(value);
    }
}
