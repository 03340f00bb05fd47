using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>One data stream as <see cref="EdgeStream"/> (quic-and-rpc, sections 2.4 to 2.10).</summary>
internal sealed class QuicEdgeStream : EdgeStream, IDisposable
{
    private readonly RequestHead _request = new();
    private readonly ConnectRequestReader _reader = new();
    private readonly ConnectResponseWriter _writer = new();
    private readonly RequestBodyReader _body = new();
    private readonly Action _onEnd;
    private IQuicStream _stream = null!;
    private PipeReader _input = null!;
    private bool _headSent;
    private ValueTaskAwaiter _serving;
    private Action<QuicEdgeStream> _ended = null!;

    public QuicEdgeStream() => _onEnd = End;

    public override RequestHead Request => _request;

    public override PipeReader Input => _input;

    public override PipeWriter Output => _stream.Output;

    public override CancellationToken Aborted => _stream.WritesStopped;

    public override bool HeadSent => _headSent;

    public void Attach(IQuicStream stream)
    {
        _stream = stream;
        _input = stream.Input;
    }

    public void Detach()
    {
        _request.Clear();
        _reader.Reset();
        _body.Reset();
        (_stream, _input) = (null!, null!);
        _headSent = false;
        ForgetResponse();
    }

    /// <summary>Owns the task that serves this stream, which does not fail, and calls back when it has ended.</summary>
    public void Follow(ValueTask serving, Action<QuicEdgeStream> ended)
    {
        _ended = ended;
        _serving = serving.GetAwaiter();
        if (_serving.IsCompleted)
        {
            End();
        }
        else
        {
            _serving.UnsafeOnCompleted(_onEnd);
        }
    }

    /// <summary>Reads the rest of the preamble and the request.</summary>
    /// <returns>Null, or what is wrong with the request, for the edge.</returns>
    /// <exception cref="CapnProto.Messages.CapnProtoException">The message cannot be decoded.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<string?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        await _reader.ReadAfterSignatureAsync(_stream.Input, cancellationToken).ConfigureAwait(false);
        var error = ConnectRequestDecoding.TryRead(_reader, _request);
        if (error is null && _request.Kind == StreamKind.Http)
        {
            _input = _body.Attach(_stream.Input, _request.HasBody ? _request.ContentLength : 0);
        }

        return error;
    }

    public override void SendHead(ResponseHead head)
    {
        ThrowIfSent();
        _headSent = true;
        BeginHead(head);
        if (_request.Kind == StreamKind.Tcp)
        {
            _writer.Start(isListPresent: true);
            if (head.Headers.TryGet(MetadataKey.Tracing, out var spans))
            {
                _writer.Add(MetadataKey.Tracing, spans);
            }

            _writer.WriteTo(_stream.Output);
            return;
        }

        _writer.Start();
        _writer.AddStatus(head.Status);
        for (var i = 0; i < head.Headers.Count; i++)
        {
            var field = head.Headers[i];
            _writer.AddHeader(field.Name, field.Value);
        }

        _writer.WriteTo(_stream.Output);
    }

    public override void AddTrailer(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // This transport carries none (section 2.6).
    }

    public override async ValueTask RejectAsync(ResponseSource source, string reason, CancellationToken cancellationToken)
    {
        ThrowIfSent();
        _headSent = true;
        _writer.Start(Encoding.UTF8.GetBytes(reason));
        if (source == ResponseSource.FlowLimited)
        {
            _writer.Add(MetadataKey.FlowConnectRateLimited, "true"u8);
        }

        _writer.WriteTo(_stream.Output);
        await _stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void Abort() => _stream.Abort();

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    private void End()
    {
        _serving.GetResult();
        _serving = default;
        _ended(this);
    }

    private void ThrowIfSent()
    {
        if (_headSent)
        {
            throw new InvalidOperationException("The response head was sent already.");
        }
    }
}
