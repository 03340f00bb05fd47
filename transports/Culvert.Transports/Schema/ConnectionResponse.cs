using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp ConnectionResponse: a union (group result, 0x97b3c5c260257622).</summary>
internal readonly struct ConnectionResponse(StructReader fields)
{
    public const ulong TypeId = 0xdbaa9d03d52b62dc;
    public const ushort ErrorKind = 0;
    public const ushort ConnectionDetailsKind = 1;
    public static readonly StructSize Size = new(1, 1);

    public ushort Kind => fields.GetUInt16(0);

    public ConnectionError Error => new(fields.GetStruct(0));

    public ConnectionDetails ConnectionDetails => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public ConnectionError.Builder InitError()
        {
            fields.SetUInt16(0, ErrorKind);
            return new ConnectionError.Builder(fields.GetPointer(0).InitStruct(ConnectionError.Size));
        }

        public ConnectionDetails.Builder InitConnectionDetails()
        {
            fields.SetUInt16(0, ConnectionDetailsKind);
            return new ConnectionDetails.Builder(fields.GetPointer(0).InitStruct(ConnectionDetails.Size));
        }
    }
}
