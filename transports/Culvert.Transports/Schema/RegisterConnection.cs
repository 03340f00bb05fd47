using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters of RegistrationServer.registerConnection.</summary>
internal readonly struct RegisterConnectionParams(StructReader fields)
{
    public const ulong TypeId = 0xe6646dec8feaa6ee;
    public static readonly StructSize Size = new(1, 3);

    public TunnelAuth Auth => new(fields.GetStruct(0));

    public ReadOnlySpan<byte> TunnelId => fields.GetData(1);

    public byte ConnIndex => fields.GetByte(0);

    public ConnectionOptions Options => new(fields.GetStruct(2));

    internal readonly struct Builder(StructBuilder fields)
    {
        public byte ConnIndex
        {
            set => fields.SetByte(0, value);
        }

        public TunnelAuth.Builder InitAuth() => new(fields.GetPointer(0).InitStruct(TunnelAuth.Size));

        public void SetTunnelId(ReadOnlySpan<byte> value) => fields.GetPointer(1).SetData(value);

        public ConnectionOptions.Builder InitOptions() => new(fields.GetPointer(2).InitStruct(ConnectionOptions.Size));
    }
}

/// <summary>The results of RegistrationServer.registerConnection.</summary>
internal readonly struct RegisterConnectionResults(StructReader fields)
{
    public const ulong TypeId = 0xea50d822450d1f17;
    public static readonly StructSize Size = new(0, 1);

    public ConnectionResponse Result => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public ConnectionResponse.Builder InitResult() => new(fields.GetPointer(0).InitStruct(ConnectionResponse.Size));
    }
}
