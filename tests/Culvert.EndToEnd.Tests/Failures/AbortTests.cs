using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Failures;

public sealed class AbortTests
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Visitor_that_leaves_before_the_response_cancels_the_origin_request(string transport)
    {
        var arrived = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var origin = await WebOrigin.StartAsync(async context =>
        {
            context.RequestAborted.Register(cancelled.SetResult);
            arrived.SetResult();
            await cancelled.Task;
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /");
        await arrived.Task.InTime();

        visitor.Reset();

        await cancelled.Task.WaitAsync(Prompt);
        await Deadline.UntilAsync(() => tunnel.Connections[0].OpenStreams == 0, "the stream was counted out");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Visitor_that_leaves_in_the_body_cancels_the_origin_request(string transport)
    {
        var cancelled = new TaskCompletionSource();
        await using var origin = await WebOrigin.StartAsync(async context =>
        {
            context.RequestAborted.Register(cancelled.SetResult);
            await context.Response.WriteAsync("the first part");
            await context.Response.Body.FlushAsync();
            await cancelled.Task;
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /");
        await visitor.ReadHeadAsync();

        visitor.Reset();

        await cancelled.Task.WaitAsync(Prompt);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Cut_upload_never_looks_complete_to_the_origin(string transport)
    {
        var received = new TaskCompletionSource<(string Text, bool Reset)>();
        var started = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            started.SetResult();
            received.SetResult(await peer.ReadToEndAsync());
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("POST /", "Transfer-Encoding: chunked\n", "5\r\nfirst\r\n");
        await started.Task.InTime();

        visitor.Reset();

        var (text, _) = await received.Task.InTime();
        Assert.DoesNotContain("0\r\n\r\n", text, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_ends_short_of_its_length_is_an_aborted_response(string transport)
    {
        await using var origin = Cutting("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", reset: false);
        await AssertAbortedAsync(transport, origin, "only this");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_resets_short_of_its_length_is_an_aborted_response(string transport)
    {
        await using var origin = Cutting("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", reset: true);
        await AssertAbortedAsync(transport, origin, "only this");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_ends_inside_chunks_is_an_aborted_response(string transport)
    {
        await using var origin = Cutting("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", reset: false);
        await AssertAbortedAsync(transport, origin, "only this");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_resets_a_response_without_length_is_an_aborted_response(string transport)
    {
        await using var origin = Cutting("HTTP/1.1 200 OK\r\n\r\nonly this", reset: true);
        await AssertAbortedAsync(transport, origin, "only this");
    }

    // The origin cuts only after the visitor has the first part, so that the abort comes in the middle of the body.
    private static CuttingOrigin Cutting(string response, bool reset) => new(response, reset);

    private static async Task AssertAbortedAsync(string transport, CuttingOrigin origin, string part)
    {
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var response = await tunnel.Visitor.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using var body = await response.Content.ReadAsStreamAsync();
        var first = new byte[part.Length];
        await body.ReadExactlyAsync(first).InTime();
        Assert.Equal(part, System.Text.Encoding.Latin1.GetString(first));

        origin.Cut.SetResult();

        var error = await Record.ExceptionAsync(() => body.ReadAsync(new byte[1]).InTime());
        Assert.True(error is HttpIOException or IOException or SocketException, $"The response looked complete: {error}");
    }

    private sealed class CuttingOrigin : IAsyncDisposable
    {
        private readonly RawOrigin _origin;

        public CuttingOrigin(string response, bool reset) => _origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync(response);
            await Cut.Task;
            if (reset)
            {
                peer.Reset();
            }
        });

        public TaskCompletionSource Cut { get; } = new();

        public Uri Address => _origin.Address;

        public ValueTask DisposeAsync() => _origin.DisposeAsync();
    }
}
