using Culvert.Engine.Origins.Http.Requests;
using Culvert.Transports.Streams;

namespace Culvert.Harness.Operations;

/// <summary>The head of an HTTP/1.1 request, as the origin gets it.</summary>
internal sealed class RequestHeadWriting : Operation
{
    private readonly OverwritingWriter _output = new(64 * 1024);
    private readonly OriginHost _host = new("app.example.com"u8.ToArray(), []);
    private readonly RequestHead _head = TypicalHeads.Request("app.example.com");
    private readonly RequestFraming _framing;

    public RequestHeadWriting() => _framing = RequestFraming.Of(_head);

    public override string Name => "origin-request/head";

    public override void Run()
    {
        RequestHeadWriter.Write(_output, _head, _framing, _host);
        _ = _output.FlushAsync();
    }
}
