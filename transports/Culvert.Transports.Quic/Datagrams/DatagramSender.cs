using Culvert.Transports.Datagrams;
using Culvert.Transports.Quic.Connections;

namespace Culvert.Transports.Quic.Datagrams;

/// <summary>One thread's datagrams towards the peer: that thread writes, the loop reads, and no lock is between them.</summary>
internal sealed class DatagramSender(ConnectionCore core, int capacity) : IDatagramSender
{
    public DatagramRing Ring { get; } = new(capacity);

    public bool TrySend(ReadOnlySpan<byte> datagram) =>
        datagram.Length <= core.MaxDatagramPayload && !core.ClosedToken.IsCancellationRequested && Ring.TryWrite(datagram);

    public void Flush() => core.Loop.Post(core);
}
