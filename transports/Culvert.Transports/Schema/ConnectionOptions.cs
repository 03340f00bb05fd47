using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp ConnectionOptions.</summary>
internal readonly struct ConnectionOptions(StructReader fields)
{
    public const ulong TypeId = 0xb4bf9861fe035d04;
    public static readonly StructSize Size = new(1, 2);

    public ClientInfo Client => new(fields.GetStruct(0));

    public ReadOnlySpan<byte> OriginLocalIp => fields.GetData(1);

    public bool ReplaceExisting => fields.GetBool(0);

    public byte CompressionQuality => fields.GetByte(1);

    public byte NumPreviousAttempts => fields.GetByte(2);

    internal readonly struct Builder(StructBuilder fields)
    {
        public bool ReplaceExisting
        {
            set => fields.SetBool(0, value);
        }

        public byte CompressionQuality
        {
            set => fields.SetByte(1, value);
        }

        public byte NumPreviousAttempts
        {
            set => fields.SetByte(2, value);
        }

        public ClientInfo.Builder InitClient() => new(fields.GetPointer(0).InitStruct(ClientInfo.Size));

        public void SetOriginLocalIp(ReadOnlySpan<byte> value) => fields.GetPointer(1).SetData(value);
    }
}
