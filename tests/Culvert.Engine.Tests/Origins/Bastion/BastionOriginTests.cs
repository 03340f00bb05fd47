using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Bastion;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Bastion;

/// <summary>The bastion service (http2-and-proxy, sections 7.2 and 11.6; C-33).</summary>
public sealed class BastionOriginTests
{
    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("localhost:9000", "localhost:9000")]
    [InlineData("ssh://localhost:9000", "localhost:9000")]
    [InlineData("ssh://localhost:9000/metrics", "localhost:9000")]
    [InlineData("ssh://user@localhost:9000", "localhost:9000")]
    [InlineData("localhost:9000/metrics", "localhost:9000")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1:9000", "127.0.0.1:9000")]
    [InlineData("127.0.0.1:9000/metrics", "127.0.0.1:9000")]
    [InlineData("tcp://127.0.0.1:9000", "127.0.0.1:9000")]
    [InlineData("ssh://127.0.0.1:9000/metrics", "127.0.0.1:9000")]
    [InlineData("[::1]:22", "[::1]:22")]
    public void C33_destination_is_the_host_of_a_url_or_the_text_up_to_a_slash(string header, string destination)
    {
        var headers = new HeaderList();
        headers.Add("Cf-Access-Jump-Destination", header);

        Assert.Equal(destination, BastionDestination.Of(headers));
        headers.Clear();
    }

    [Fact]
    public async Task C33_G06_client_without_a_destination_is_told_so()
    {
        await using var origin = new BastionOrigin();
        using var stream = new FakeEdgeStream();

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.StartsWith("Did not receive final destination from client.", error.Message);
    }

    [Fact]
    public async Task Destination_without_a_port_fails_when_it_is_dialled()
    {
        await using var origin = new BastionOrigin();
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add("cf-access-jump-destination", "localhost");

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.Equal("dial tcp: address localhost: missing port in address", error.Message);
    }

    [Fact]
    public async Task G05_port_that_refuses_is_a_failure_with_the_dialers_text()
    {
        using var server = new RawOrigin();
        var destination = $"127.0.0.1:{server.Address.Port}";
        server.Dispose();
        await using var origin = new BastionOrigin();
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add("cf-access-jump-destination", destination);

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.Equal($"dial tcp {destination}: connect: connection refused", error.Message);
    }

    [Fact]
    public async Task Destination_of_the_client_is_reached()
    {
        using var server = new RawOrigin();
        await using var origin = new BastionOrigin();
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("cf-access-jump-destination", $"tcp://127.0.0.1:{server.Address.Port}/x");
        var serving = origin.ServeAsync(stream, default).AsTask();
        using (var connection = await server.AcceptAsync())
        {
            await connection.WriteAsync("SSH-2.0");
            Assert.Equal("\u0082\u0007SSH-2.0", await stream.ReadAsync(9));
        }

        await serving.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
