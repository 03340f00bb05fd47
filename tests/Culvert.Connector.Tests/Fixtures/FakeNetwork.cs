using System.Collections.Concurrent;
using System.Net;
using Culvert.Transports.Connections;
using Culvert.Transports.Registration;

namespace Culvert.Connector.Tests.Fixtures;

/// <summary>Edge nodes without transports: dials are written down, and answered as the test says.</summary>
internal sealed class FakeNetwork(TimeProvider time)
{
    private readonly ConcurrentQueue<FakeDial> _dials = new();

    /// <summary>Whether a dial over a transport to an address succeeds.</summary>
    public Func<string, IPEndPoint, bool> Answers { get; set; } = (_, _) => true;

    /// <summary>What the edge says to a registration.</summary>
    public Func<FakeDial, RegistrationResult> Registers { get; set; } =
        _ => new ConnectionDetails(Guid.NewGuid(), "LCL", TunnelIsRemotelyManaged: true);

    /// <summary>
    /// Called for a connection that was lost, when it is no longer served but its control stream has not noticed yet; null when
    /// control streams notice first.
    /// </summary>
    public Action<FakeDial>? Unserved { get; set; }

    public IReadOnlyList<FakeDial> Dials => [.. _dials];

    /// <summary>Connections that are up.</summary>
    public IReadOnlyList<FakeDial> Up => [.. _dials.Where(dial => dial.IsUp)];

    public IEdgeDialer Dialer(string protocol) => new FakeDialer(this, protocol);

    /// <summary>Cuts what is up over a transport.</summary>
    public void Cut(string protocol)
    {
        foreach (var dial in Up.Where(dial => dial.Protocol == protocol))
        {
            dial.Lose();
        }
    }

    private sealed class FakeDialer(FakeNetwork network, string protocol) : IEdgeDialer
    {
        public string Protocol => protocol;

        public Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var dial = new FakeDial(network, protocol, address, index, network.Now);
            network._dials.Enqueue(dial);
            return network.Answers(protocol, address) ? Task.FromResult<EdgeConnection>(dial)
                : Task.FromException<EdgeConnection>(new EdgeDialException("no answer"));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private DateTimeOffset Now => time.GetUtcNow();
}

/// <summary>One dial and the connection that came of it.</summary>
internal sealed class FakeDial(FakeNetwork network, string protocol, IPEndPoint address, byte index, DateTimeOffset at)
    : EdgeConnection
{
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _closed = new();
    private Task _controlStream = Task.CompletedTask;
    private volatile bool _registered;

    public DateTimeOffset At => at;

    public RegistrationRequest? Request { get; private set; }

    /// <summary>
    /// Whether it is registered and served. One that was cut is not, though its connector may not have noticed.
    /// </summary>
    public bool IsUp => _registered && !_lost.IsCancellationRequested;

    public override byte Index => index;

    public override string Protocol => protocol;

    public override IPEndPoint RemoteEndPoint => address;

    public override IPAddress ReportedAddress => IPAddress.Loopback;

    public void Lose() => _lost.Cancel();

    public override async Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_lost.Token, cancellationToken);
        using var edge = new FakeEdge();
        var refused = false;
        edge.Register = () =>
        {
            Request = edge.Request;
            var result = network.Registers(this);
            _registered = result is ConnectionDetails;
            refused = result is RegistrationError;
            return Task.FromResult(result);
        };
        var serving = _controlStream =
            handler.ServeControlStreamAsync(edge.Stream, network.Unserved is null ? end.Token : _closed.Token);
        try
        {
            if (network.Unserved is not null)
            {
                await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            await Task.WhenAny(serving, edge.Conversation);
            if (refused)
            {
                // An edge closes what it has refused.
                Lose();
            }

            await serving;
        }
        finally
        {
            _registered = false;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        network.Unserved?.Invoke(this);
        await _closed.CancelAsync();
        await _controlStream.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
