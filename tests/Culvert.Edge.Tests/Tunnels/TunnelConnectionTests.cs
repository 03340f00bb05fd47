using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tests.Tunnels;

public class TunnelConnectionTests
{
    private readonly FakeConnectorConnection _transport = new();
    private readonly TunnelConnection _connection;

    public TunnelConnectionTests() => _connection = new TunnelConnection(_transport, Guid.NewGuid(), 0);

    [Fact]
    public void Idle_connection_has_drained_at_once() => Assert.True(_connection.DrainAsync().IsCompletedSuccessfully);

    [Fact]
    public async Task Drain_ends_with_the_last_open_stream()
    {
        await _connection.OpenStreamAsync(new RequestHead(), default);
        await _connection.OpenStreamAsync(new RequestHead(), default);
        var drained = _connection.DrainAsync();
        _connection.StreamEnded();
        Assert.False(drained.IsCompleted);
        _connection.StreamEnded();

        await drained.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Draining_connection_takes_no_new_stream()
    {
        _ = _connection.DrainAsync();

        await Assert.ThrowsAsync<ConnectorLostException>(() => _connection.OpenStreamAsync(new RequestHead(), default).AsTask());
        Assert.Equal(0, _transport.Opened);
        Assert.Equal(0, _connection.OpenStreams);
    }

    [Fact]
    public async Task Stream_that_did_not_open_is_not_counted()
    {
        await _connection.CloseAsync();

        Assert.True(_connection.IsDraining);
        await Assert.ThrowsAsync<ConnectorLostException>(() => _connection.OpenStreamAsync(new RequestHead(), default).AsTask());
        Assert.Equal(0, _connection.OpenStreams);
    }
}
