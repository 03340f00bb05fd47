namespace Culvert.CapnProto.Rpc;

/// <summary>
/// The capabilities that the other vat holds, by id, with how often each was sent. One capability has one id while it is held.
/// Guarded by the connection's lock.
/// </summary>
internal sealed class ExportTable(int limit)
{
    private readonly Dictionary<uint, (ICapability Capability, uint Count)> _byId = [];
    private readonly Dictionary<ICapability, uint> _ids = new(ReferenceEqualityComparer.Instance);
    private readonly Stack<uint> _free = new();

    /// <summary>Counts one more reference, under a new id if there was none.</summary>
    /// <exception cref="RpcException">The table is full.</exception>
    public uint Add(ICapability capability)
    {
        if (_ids.TryGetValue(capability, out var id))
        {
            _byId[id] = (capability, _byId[id].Count + 1);
            return id;
        }

        if (_byId.Count >= limit)
        {
            throw new RpcException(RpcExceptionType.Overloaded, "rpc: too many exported capabilities");
        }

        id = _free.TryPop(out var used) ? used : (uint)_byId.Count;
        _byId.Add(id, (capability, 1));
        _ids.Add(capability, id);
        return id;
    }

    public ICapability? Find(uint id) => _byId.TryGetValue(id, out var entry) ? entry.Capability : null;

    /// <summary>
    /// Takes references away; an id without references is dead. Unknown ids are ignored, as the reference does.
    /// </summary>
    public void Release(uint id, uint count)
    {
        if (!_byId.TryGetValue(id, out var entry))
        {
            return;
        }

        if (entry.Count > count)
        {
            _byId[id] = (entry.Capability, entry.Count - count);
            return;
        }

        _byId.Remove(id);
        _ids.Remove(entry.Capability);
        _free.Push(id);
    }
}
