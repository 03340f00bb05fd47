using System.Net;
using Culvert.Engine.Flows;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Tcp;

/// <summary>Private TCP (http2-and-proxy, sections 1.8, 4.8 and 4.9; C-34).</summary>
public sealed class PrivateNetworkOriginTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly FakeTime _time = new();

    [Fact]
    public async Task C34_G07_ack_comes_before_data_and_bytes_go_both_ways()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            Assert.Equal(["101"], stream.Head!);
            await stream.Body.WriteAsync("to"u8.ToArray());
            await connection.ReadUntilAsync("to");
            await connection.WriteAsync("from");
            Assert.Equal("from", await stream.ReadAsync(4));
            await connection.WriteAsync("last");
        }

        await serving.WaitAsync(Limit);
        Assert.Equal("last", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Visitors_end_reaches_the_origin_which_may_still_answer()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.WriteAsync("question"u8.ToArray());
            await stream.Body.CompleteAsync();
            await connection.ReadUntilAsync("question");
            await connection.ClosedAsync();
            await connection.WriteAsync("answer");
        }

        await serving.WaitAsync(Limit);
        Assert.Equal("answer", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Origin_that_goes_on_after_the_visitors_end_is_cut_off_in_the_end()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.CompleteAsync();
            await _time.WaitBegunAsync(PrivateNetworkOrigin.HalfCloseLimit);
            _time.Advance(PrivateNetworkOrigin.HalfCloseLimit);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Limit));
        }
    }

    [Fact]
    public async Task Edge_that_gives_up_closes_the_origin()
    {
        using var stream = CreateStream();
        using var given = new CancellationTokenSource();
        var (serving, connection) = await BeginAsync(stream, given.Token);
        using (connection)
        {
            await given.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Limit));
            await connection.ClosedAsync();
        }
    }

    [Fact]
    public async Task G04_port_that_refuses_is_named_in_the_failure()
    {
        using var stream = CreateStream();
        var address = $"127.0.0.1:{_server.Address.Port}";
        _server.Dispose();
        await using var origin = new PrivateNetworkOrigin();

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.Equal($"unable to dial tcp to origin {address}: dial tcp {address}: connect: connection refused", error.Message);
        Assert.False(stream.HeadSent);
    }

    [Fact]
    public async Task N07_reserved_destination_is_the_resolver()
    {
        using var stream = new FakeEdgeStream(authority: "[2606:4700:cf1:2000::1]:53");
        stream.Request.Kind = StreamKind.Tcp;
        var dns = new VirtualDns([IPEndPoint.Parse($"127.0.0.1:{_server.Address.Port}")]);
        await using var origin = new PrivateNetworkOrigin(dns: dns);
        var serving = origin.ServeAsync(stream, default).AsTask();
        using (var resolver = await _server.AcceptAsync())
        {
            await stream.Body.WriteAsync("query"u8.ToArray());
            await resolver.ReadUntilAsync("query");
            await resolver.WriteAsync("answer");
        }

        await serving.WaitAsync(Limit);
        Assert.Equal("answer", await stream.ReadToEndAsync());
        Assert.Equal((1, 0), (dns.Dials(FlowKind.Tcp), dns.Dials(FlowKind.Udp)));
    }

    [Theory]
    [InlineData("10.0.0.1:22", "10.0.0.1:22")]
    [InlineData("[2001:db8::1]:443", "[2001:db8::1]:443")]
    public void C34_ip_and_port_are_a_destination(string text, string address) =>
        Assert.Equal(address, PrivateAddress.Parse(System.Text.Encoding.ASCII.GetBytes(text)).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.1")]
    [InlineData("example.com:22")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8::1:443")]
    [InlineData("[10.0.0.1]:22")]
    [InlineData("[fe80::1%eth0]:22")]
    [InlineData("10.1:22")]
    [InlineData("0x0a000001:22")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("10.0.0.1:-1")]
    [InlineData("10.0.0.1: 22")]
    [InlineData("[::1]]:22")]
    public void C34_anything_else_is_not(string text) =>
        Assert.Throws<OriginException>(() => PrivateAddress.Parse(System.Text.Encoding.ASCII.GetBytes(text)));

    public void Dispose() => _server.Dispose();

    private FakeEdgeStream CreateStream()
    {
        var stream = new FakeEdgeStream(authority: $"127.0.0.1:{_server.Address.Port}");
        stream.Request.Kind = StreamKind.Tcp;
        return stream;
    }

    private async Task<(Task Serving, RawOrigin.Connection Connection)> BeginAsync(
        FakeEdgeStream stream, CancellationToken cancellationToken = default)
    {
        var origin = new PrivateNetworkOrigin(time: _time);
        var serving = origin.ServeAsync(stream, cancellationToken).AsTask();
        var connection = await _server.AcceptAsync();
        await stream.HeadCame;
        return (serving, connection);
    }
}
