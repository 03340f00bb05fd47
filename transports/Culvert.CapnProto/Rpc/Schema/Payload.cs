using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>rpc.capnp Payload: parameters or results, with the capabilities they refer to.</summary>
internal readonly struct Payload(StructReader fields)
{
    public const ulong TypeId = 0x9a0e61223d96743b;
    public static readonly StructSize Size = new(0, 2);

    public PointerReader Content => fields.GetPointer(0);

    /// <summary>The <see cref="CapDescriptor"/>s; read once, since each reading counts against the traversal limit.</summary>
    public ListReader CapTable => fields.GetList(1);

    internal readonly struct Builder(StructBuilder fields)
    {
        public PointerBuilder Content => fields.GetPointer(0);

        /// <summary>Goes behind the content, and is present even without elements, as the reference writes it.</summary>
        public ListBuilder InitCapTable(int count) => fields.GetPointer(1).InitStructs(count, CapDescriptor.Size);
    }
}
