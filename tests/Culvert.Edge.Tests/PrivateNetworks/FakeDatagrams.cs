using System.Diagnostics.CodeAnalysis;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Datagrams;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>The datagrams of a connection whose connector is the test.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The token source has no timer and no wait handle.")]
internal sealed class FakeDatagrams : IDatagramConnection, IDatagramSender
{
    private readonly CancellationTokenSource _closed = new();
    private IDatagramReceiver? _receiver;

    /// <summary>What was sent to the connector, oldest first.</summary>
    public Queue<byte[]> Sent { get; } = new();

    /// <summary>Only counts what is sent.</summary>
    public bool CountsOnly { get; set; }

    public long SentCount { get; private set; }

    /// <summary>Sees a datagram before it is sent.</summary>
    public Action<byte[]>? BeforeSend { get; set; }

    public int MaxDatagramPayload => 1400;

    public CancellationToken ClosedToken => _closed.Token;

    public IDatagramSender OpenDatagramSender() => this;

    public void StartDatagrams(IDatagramReceiver receiver) => _receiver = receiver;

    public bool TrySend(ReadOnlySpan<byte> datagram)
    {
        SentCount++;
        if (!CountsOnly)
        {
            var copy = datagram.ToArray();
            BeforeSend?.Invoke(copy);
            Sent.Enqueue(copy);
        }

        return true;
    }

    public void Flush()
    {
    }

    public void Close() => _closed.Cancel();

    public void FromConnector(ReadOnlySpan<byte> datagram)
    {
        _receiver!.Receive(datagram);
        _receiver.EndBatch();
    }

    /// <summary>Answers a registration.</summary>
    public void Answer(UInt128 id, RegistrationOutcome outcome = RegistrationOutcome.Ok)
    {
        var datagram = new byte[RegistrationResponseDatagram.HeaderLength];
        new RegistrationResponseDatagram(outcome, id).Write(datagram);
        FromConnector(datagram);
    }

    /// <summary>Sends a payload of a flow.</summary>
    public void Payload(UInt128 id, ReadOnlySpan<byte> payload)
    {
        var datagram = new byte[PayloadDatagram.HeaderLength + payload.Length];
        PayloadDatagram.WriteHeader(datagram, id);
        payload.CopyTo(datagram.AsSpan(PayloadDatagram.HeaderLength));
        FromConnector(datagram);
    }

    /// <summary>The next datagram is a registration; its id.</summary>
    public UInt128 NextRegistration()
    {
        Assert.Equal(Engine.Datagrams.DatagramFault.None, RegistrationDatagram.Read(Sent.Dequeue(), out var registration));
        return registration.RequestId;
    }

    /// <summary>The next datagram is a payload of a flow.</summary>
    public byte[] NextPayload(UInt128 id)
    {
        Assert.Equal(Engine.Datagrams.DatagramFault.None, PayloadDatagram.Read(Sent.Dequeue(), out var payload));
        Assert.Equal(id, payload.RequestId);
        return payload.Payload.ToArray();
    }
}
