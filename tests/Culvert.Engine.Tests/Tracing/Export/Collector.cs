using System.Collections.Concurrent;
using System.Net;

namespace Culvert.Engine.Tests.Tracing.Export;

/// <summary>An OTLP collector on loopback that takes spans apart.</summary>
internal sealed class Collector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentQueue<(string Path, string? ContentType, string? Key)> _posts = new();
    private int _answered;

    public Collector()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        Address = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Address { get; }

    /// <summary>Status of the n-th answer.</summary>
    public Func<int, int> Status { get; set; } = _ => 200;

    /// <summary>Ends before answers are given.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public IReadOnlyList<ReceivedSpan> Spans => [.. _spans];

    public IReadOnlyList<(string Path, string? ContentType, string? Key)> Posts => [.. _posts];

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _posts.Enqueue(
                    (context.Request.Url!.AbsolutePath, context.Request.ContentType, context.Request.Headers["x-key"]));
                await Held;
                context.Response.StatusCode = Status(Interlocked.Increment(ref _answered));
                if (context.Response.StatusCode == 200)
                {
                    Decode(body.ToArray());
                }

                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Decode(byte[] request)
    {
        foreach (var resourceSpans in ProtobufReader.Read(request).Where(field => field.Number == 1))
        {
            var resource = Attributes(resourceSpans.Only(1).Message(1));
            foreach (var span in resourceSpans.Message(2).SelectMany(scope => scope.Message(2)))
            {
                _spans.Enqueue(new ReceivedSpan(
                    Convert.ToHexStringLower(span.Bytes(1)), Convert.ToHexStringLower(span.Bytes(2)),
                    span.Message(4) is [var parent] ? Convert.ToHexStringLower(parent.Payload) : null, span.Text(5),
                    span.Value(6),
                    span.Value(7), span.Value(8), Attributes(span.Message(9)),
                    span.Message(15) is [var status] ? status.Value(3) : 0, resource,
                    [.. span.Message(11).Select(happened => (happened.Value(1), happened.Text(2)))]));
            }
        }
    }

    private static Dictionary<string, string> Attributes(IReadOnlyList<ProtobufReader.Field> attributes) =>
        attributes.ToDictionary(
            attribute => attribute.Text(1),
            attribute => attribute.Only(2) is var value && value.Message(1).Count > 0 ? value.Text(1)
                : value.Value(3).ToString(System.Globalization.CultureInfo.InvariantCulture));
}

internal sealed record ReceivedSpan(
    string TraceId, string Id, string? Parent, string Name, ulong Kind, ulong Begin, ulong End,
    Dictionary<string, string> Attributes,
    ulong Status, Dictionary<string, string> Resource, IReadOnlyList<(ulong Time, string Name)> Events);
