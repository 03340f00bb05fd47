using System.IO.Pipelines;
using System.Net;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>A connection that has datagrams and sessions, and no streams.</summary>
internal sealed class DatagramTransport(FakeDatagrams datagrams) : ConnectorConnection
{
    /// <summary>Sessions that the edge registered, in order.</summary>
    public List<UdpSessionRequest> Registered { get; } = [];

    /// <summary>Sessions that the edge ended.</summary>
    public List<Guid> Unregistered { get; } = [];

    /// <summary>What registrations are answered with.</summary>
    public string? Refusal { get; set; }

    /// <summary>Completed when registrations may be answered; null when they are at once.</summary>
    public TaskCompletionSource? Answering { get; set; }

    /// <summary>Ends the last registration that was asked for.</summary>
    public CancellationToken LastCall { get; private set; }

    public override string Protocol => "quic";

    public override IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 50000);

    public override CancellationToken Closed => datagrams.ClosedToken;

    public override IDatagramConnection? Datagrams => datagrams;

    public override async ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
        UdpSessionRequest request, CancellationToken cancellationToken)
    {
        Registered.Add(request);
        LastCall = cancellationToken;
        if (Answering is { } answering)
        {
            await answering.Task.WaitAsync(cancellationToken);
        }

        return new UdpSessionResult(Refusal, default);
    }

    public override ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken)
    {
        Unregistered.Add(sessionId);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<IDuplexPipe> GetControlStreamAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override ValueTask DisposeAsync()
    {
        datagrams.Close();
        return ValueTask.CompletedTask;
    }
}
