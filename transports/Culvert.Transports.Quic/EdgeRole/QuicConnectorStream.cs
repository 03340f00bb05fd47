using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>One request to a connector over QUIC as <see cref="ConnectorStream"/>.</summary>
internal sealed class QuicConnectorStream : ConnectorStream
{
    private readonly ConnectRequestWriter _writer = new();
    private readonly ConnectResponseReader _reader = new();
    private readonly ResponseHead _head = new();
    private readonly HeaderList _trailers = new();
    private IQuicStream? _stream;
    private StreamKind _kind;

    public override PipeWriter Output => Stream.Output;

    public override PipeReader Input => Stream.Input;

    public override HeaderList Trailers => _trailers;

    private IQuicStream Stream => _stream ?? throw new ObjectDisposedException(nameof(QuicConnectorStream));

    public void Attach(IQuicStream stream, StreamKind kind) => (_stream, _kind) = (stream, kind);

    /// <summary>Sends the request head, and FIN for a request without a body.</summary>
    public async ValueTask StartAsync(RequestHead request, CancellationToken cancellationToken)
    {
        try
        {
            ConnectRequestEncoding.Write(request, _writer);
            _writer.WriteTo(Output);
        }
        finally
        {
            _writer.Dispose();
        }

        if (_kind == StreamKind.Http && !request.HasBody)
        {
            // Head and FIN in one packet.
            await Output.CompleteAsync().ConfigureAwait(false);
        }
        else
        {
            await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<ResponseHead> ReadHeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _reader.ReadAsync(Input, cancellationToken).ConfigureAwait(false);
            Read(_reader);
            return _head;
        }
        catch (OperationCanceledException)
        {
            Abort();
            throw;
        }
        catch (Exception e) when (e is CapnProtoException or IOException or HeaderLimitException)
        {
            throw new ConnectorLostException($"the connector did not answer: {e.Message}", e);
        }
        finally
        {
            _reader.Reset();
        }
    }

    public override void Abort() => Stream.Abort();

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stream, null) is not { } stream)
        {
            return;
        }

        // After FIN this does nothing; before it, the connector cancels the origin request (sections 2.7 and 2.10).
        stream.AbortRead();
        await stream.DisposeAsync().ConfigureAwait(false);
        _head.Clear();
        _trailers.Clear();
        QuicConnectorStreamPool.Return(this);
    }

    private void Read(ConnectResponseReader reader)
    {
        if (!reader.Error.IsEmpty)
        {
            _head.Error = Encoding.UTF8.GetString(reader.Error);
            _head.Source = ResponseSource.Connector;
        }

        _head.Status = _kind == StreamKind.Tcp ? 200 : 0;
        foreach (var (key, value) in reader.Metadata)
        {
            if (key.SequenceEqual(MetadataKey.HttpStatus))
            {
                _head.Status = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;
            }
            else if (key.StartsWith(MetadataKey.HttpHeaderPrefix))
            {
                _head.Headers.Add(key[MetadataKey.HttpHeaderPrefix.Length..], value);
            }
            else if (key.SequenceEqual(MetadataKey.FlowConnectRateLimited) && value.SequenceEqual("true"u8))
            {
                _head.Source = ResponseSource.FlowLimited;
            }
        }

        if (_head.Error is null && _head.Status is < 100 or > 999)
        {
            throw new CapnProtoException("the connector's answer has no HttpStatus");
        }
    }
}
