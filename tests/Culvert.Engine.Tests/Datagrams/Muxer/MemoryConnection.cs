using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Datagrams;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>A connection without a network: the test is the edge.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The token source has no timer and no wait handle.")]
internal sealed class MemoryConnection : IDatagramConnection, IDatagramSender
{
    private readonly CancellationTokenSource _closed = new();
    private readonly byte[] _scratch = new byte[2048];
    private IDatagramReceiver? _receiver;

    public ConcurrentQueue<byte[]> ToEdge { get; } = new();

    public int MaxDatagramPayload { get; set; } = 1400;

    /// <summary>Refuses what is sent, as a full queue does.</summary>
    public bool IsFull { get; set; }

    /// <summary>Only counts what is sent.</summary>
    public bool CountsOnly { get; set; }

    public long Sent { get; private set; }

    public int Flushes { get; private set; }

    public ConnectionFlows Flows => (ConnectionFlows)_receiver!;

    public CancellationToken ClosedToken => _closed.Token;

    public IDatagramSender OpenDatagramSender() => this;

    public void StartDatagrams(IDatagramReceiver receiver) => _receiver = receiver;

    public bool TrySend(ReadOnlySpan<byte> datagram)
    {
        if (IsFull || datagram.Length > MaxDatagramPayload)
            return false;
        Sent++;
        if (!CountsOnly)
            ToEdge.Enqueue(datagram.ToArray());
        return true;
    }

    public void Flush() => Flushes++;

    public void Close()
    {
        _closed.Cancel();
        _receiver?.Ended();
    }

    /// <summary>One datagram of a batch, which ends with the round.</summary>
    public void FromEdge(ReadOnlySpan<byte> datagram) => _receiver!.Receive(datagram);

    public void EndBatch() => _receiver!.EndBatch();

    /// <summary>What the connection's thread does when a batch has come and its descriptor may be readable.</summary>
    public void Round()
    {
        if (_receiver is null || _closed.IsCancellationRequested)
            return;
        _receiver.EndBatch();
        _receiver.Ready();
    }

    public void Register(
        UInt128 id, ReadOnlySpan<byte> address, int port, int idle = 30, ReadOnlySpan<byte> payload = default,
        bool wantsUnreachable = false)
    {
        var registration = new RegistrationDatagram(
            id, address, (ushort)port, (ushort)idle, payload, wantsUnreachable: wantsUnreachable);
        FromEdge(_scratch.AsSpan(0, registration.Write(_scratch)));
    }

    public void Payload(UInt128 id, ReadOnlySpan<byte> payload)
    {
        PayloadDatagram.WriteHeader(_scratch, id);
        payload.CopyTo(_scratch.AsSpan(PayloadDatagram.HeaderLength));
        FromEdge(_scratch.AsSpan(0, PayloadDatagram.HeaderLength + payload.Length));
    }
}
