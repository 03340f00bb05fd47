using System.IO.Pipelines;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>A stream without a transport: the test writes the request body and reads what was answered.</summary>
internal sealed class FakeEdgeStream : EdgeStream, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Pipe _request = new();
    private readonly Pipe _response = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource _headCame = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeEdgeStream(string method = "GET", string authority = "demo.example:8080", string target = "/") =>
        Request.SetLine(method, authority, target);

    public override RequestHead Request { get; } = new();

    public override PipeReader Input => Late ?? _request.Reader;

    public override PipeWriter Output => _response.Writer;

    public override CancellationToken Aborted => _aborted.Token;

    public override bool HeadSent => Head is not null || Rejection is not null;

    /// <summary>The request body's reader that holds its user, after <see cref="HoldReader"/>.</summary>
    public LateReader? Late { get; private set; }

    /// <summary>The request body's writer.</summary>
    public PipeWriter Body => _request.Writer;

    public PipeReader Response => _response.Reader;

    /// <summary>The head as text: status, then <c>name: value</c> lines.</summary>
    public string[]? Head { get; private set; }

    public (ResponseSource Source, string Reason)? Rejection { get; private set; }

    public List<string> Trailers { get; } = [];

    public bool WasAborted { get; private set; }

    public Task HeadCame => _headCame.Task.WaitAsync(Limit);

    public override void SendHead(ResponseHead head)
    {
        Assert.False(HeadSent);
        BeginHead(head);
        Head = [$"{head.Status}", .. Enumerable.Range(0, head.Headers.Count)
            .Select(i => $"{head.Headers[i].NameText}: {head.Headers[i].ValueText}")];
        _headCame.SetResult();
    }

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Trailers.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");

    public override ValueTask RejectAsync(ResponseSource source, string reason, CancellationToken cancellationToken)
    {
        Assert.False(HeadSent);
        Rejection = (source, reason);
        return ValueTask.CompletedTask;
    }

    public override void Abort() => WasAborted = true;

    /// <summary>Holds whoever reads the request body after its first read.</summary>
    public void HoldReader() => Late = new LateReader(_request.Reader);

    /// <summary>The edge gives the request up.</summary>
    public void GiveUp() => _aborted.Cancel();

    public async Task<string> ReadAsync(int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        var read = await Response.ReadAtLeastAsync(count, limit.Token);
        var bytes = read.Buffer.Slice(0, count);
        var text = Encoding.Latin1.GetString(bytes);
        Response.AdvanceTo(bytes.End);
        return text;
    }

    /// <summary>Ends the response as a transport does when the handler has returned, and reads all of it.</summary>
    public async Task<string> ReadToEndAsync()
    {
        await Output.CompleteAsync();
        using var reader = new StreamReader(Response.AsStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    public void Dispose()
    {
        _aborted.Dispose();
        Late?.Dispose();
    }
}
