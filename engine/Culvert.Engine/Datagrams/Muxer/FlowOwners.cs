namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// Which connection has which flow, for what comes on another one. Datagrams of a flow on its own connection never ask here.
/// Thread-safe; as small as at first when no flow is left.
/// </summary>
internal sealed class FlowOwners
{
    private const int KeptCapacity = 1024;

    private readonly Lock _gate = new();
    private Dictionary<UInt128, ConnectionFlows> _owners = [];

    /// <summary>The connection that has a flow, or is about to.</summary>
    public ConnectionFlows? Find(UInt128 id)
    {
        lock (_gate)
            return _owners.GetValueOrDefault(id);
    }

    /// <summary>Makes a connection the owner of a flow that has none.</summary>
    /// <returns>The owner.</returns>
    public ConnectionFlows Add(UInt128 id, ConnectionFlows flows)
    {
        lock (_gate)
            return _owners.TryAdd(id, flows) ? flows : _owners[id];
    }

    /// <summary>Makes another connection, or none, the owner, if the one named is it.</summary>
    public void Move(UInt128 id, ConnectionFlows from, ConnectionFlows? to)
    {
        lock (_gate)
        {
            if (_owners.GetValueOrDefault(id) != from)
                return;
            if (to is not null)
                _owners[id] = to;
            else
                Remove(id);
        }
    }

    private void Remove(UInt128 id)
    {
        _owners.Remove(id);
        if (_owners.Count == 0 && _owners.Capacity > KeptCapacity)
            _owners = [];
    }
}
