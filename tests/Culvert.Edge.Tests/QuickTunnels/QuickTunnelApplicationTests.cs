using System.Net;
using System.Text.Json;
using Culvert.Edge.QuickTunnels;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Culvert.Edge.Tests.QuickTunnels;

public sealed class QuickTunnelApplicationTests : IAsyncLifetime
{
    private readonly TunnelDirectory _directory = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private KestrelServer _server = null!;

    public async Task InitializeAsync()
    {
        ListenOptions? bound = null;
        _server = HttpListeners.CreateForApi(new IPEndPoint(IPAddress.Loopback, 0), listener => bound = listener);
        var factory = new QuickTunnelFactory(_directory, new EdgeOptions { MaxQuickTunnels = 1 }, new FakeTime());
        await _server.StartAsync(new QuickTunnelApplication(factory), default);
        _client.BaseAddress = new Uri($"http://{bound!.IPEndPoint}");
    }

    [Theory]
    [InlineData("/tunnel")]
    [InlineData("//tunnel")]
    public async Task Post_makes_a_tunnel(string path)
    {
        using var response = await _client.PostAsync(new Uri(_client.BaseAddress + path[1..]), null);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var result = json.RootElement.GetProperty("result");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.True(json.RootElement.GetProperty("success").GetBoolean());
        Assert.Equal(0, json.RootElement.GetProperty("errors").GetArrayLength());
        var tunnel = _directory.Find(result.GetProperty("id").GetGuid())!;
        Assert.Equal(tunnel.Hostname, result.GetProperty("hostname").GetString());
        Assert.True(
            tunnel.Accepts(result.GetProperty("account_tag").GetString()!, result.GetProperty("secret").GetBytesFromBase64()));
    }

    [Fact]
    public async Task Full_node_refuses_in_words_that_clients_show()
    {
        (await _client.PostAsync(new Uri(_client.BaseAddress + "tunnel"), null)).Dispose();
        using var response = await _client.PostAsync(new Uri(_client.BaseAddress + "tunnel"), null);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("This edge node has no room for another quick tunnel now\n", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Other_methods_are_told_what_to_use()
    {
        using var response = await _client.GetAsync(new Uri(_client.BaseAddress + "tunnel"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Equal("Quick tunnels are made with POST /tunnel\n", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, _directory.QuickTunnels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("tunnels")]
    [InlineData("tunnel/x")]
    [InlineData("Tunnel")]
    public async Task Other_paths_are_not_there(string path)
    {
        using var response = await _client.PostAsync(new Uri(_client.BaseAddress + path), null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("There is nothing here. Quick tunnels: POST /tunnel\n", await response.Content.ReadAsStringAsync());
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }
}
