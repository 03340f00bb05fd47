using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <content>Capability tables of received payloads.</content>
public sealed partial class RpcConnection
{
    // Each entry can cost a Release in answer; nothing in use sends more than one.
    private const int LargestCapTable = 64;

    /// <summary>Reads a table: the sender's capabilities, each of which is now held, and whether one is a third vat's.</summary>
    /// <exception cref="RpcException">The table has more than 64 entries.</exception>
    private static (uint[] Ids, bool IsForeign) ReadCapTable(ListReader table)
    {
        if (table.Count > LargestCapTable)
        {
            throw new RpcException("rpc: too many capabilities in one message");
        }

        var ids = new List<uint>(table.Count);
        var isForeign = false;
        for (var i = 0; i < table.Count; i++)
        {
            var descriptor = new CapDescriptor(table.GetStruct(i));
            if (descriptor.Kind is CapKind.SenderHosted or CapKind.SenderPromise)
            {
                ids.Add(descriptor.Id);
            }

            isForeign |= descriptor.Kind == CapKind.ThirdPartyHosted;
        }

        return ([.. ids], isForeign);
    }
}
