using Culvert.Transports.Datagrams;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>
/// One thread's way to connectors: a queue of its own at each connection that its flows use, so that their datagrams take no
/// lock. One thread at a time.
/// </summary>
internal sealed class FlowSource
{
    private readonly Dictionary<FlowCarrier, IDatagramSender> _senders = [];
    private readonly List<IDatagramSender> _unsent = [];

    /// <summary>Queues a datagram of an open flow; it goes with the next <see cref="Flush"/>, if not before.</summary>
    /// <returns>False when it is dropped.</returns>
    public bool TrySend(FlowCarrier carrier, UInt128 id, ReadOnlySpan<byte> payload)
    {
        if (!_senders.TryGetValue(carrier, out var sender))
        {
            sender = Add(carrier);
        }

        if (!carrier.TrySend(sender, id, payload))
        {
            return false;
        }

        if (!_unsent.Contains(sender))
        {
            _unsent.Add(sender);
        }

        return true;
    }

    /// <summary>Has everything queued so far sent.</summary>
    public void Flush()
    {
        foreach (var sender in _unsent)
        {
            sender.Flush();
        }

        _unsent.Clear();
    }

    private IDatagramSender Add(FlowCarrier carrier)
    {
        foreach (var ended in _senders.Keys.Where(known => !known.IsOpen).ToArray())
        {
            _senders.Remove(ended);
        }

        return _senders[carrier] = carrier.OpenSender();
    }
}
