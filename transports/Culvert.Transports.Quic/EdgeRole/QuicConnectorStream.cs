using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>One request to a connector over QUIC as <see cref="ConnectorStream"/>.</summary>
internal sealed class QuicConnectorStream(IQuicStream stream, StreamKind kind) : ConnectorStream
{
    private readonly ResponseHead _head = new();
    private readonly HeaderList _trailers = new();
    private readonly Lock _lock = new();
    private bool _disposed;

    public override PipeWriter Output => stream.Output;

    public override PipeReader Input => stream.Input;

    public override HeaderList Trailers => _trailers;

    /// <summary>Sends the request head, and FIN for a request without a body.</summary>
    public async ValueTask StartAsync(RequestHead request, CancellationToken cancellationToken)
    {
        using var writer = new ConnectRequestWriter();
        ConnectRequestEncoding.Write(request, writer);
        writer.WriteTo(stream.Output);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (kind == StreamKind.Http && !request.HasBody)
        {
            await stream.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    public override async ValueTask<ResponseHead> ReadHeadAsync(CancellationToken cancellationToken)
    {
        using var reader = new ConnectResponseReader();
        try
        {
            await reader.ReadAsync(stream.Input, cancellationToken).ConfigureAwait(false);
            Read(reader);
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
    }

    public override void Abort()
    {
        // The pooled stream belongs to somebody else once it is disposed.
        lock (_lock)
        {
            if (!_disposed)
            {
                stream.Abort();
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        // After FIN this does nothing; before it, the connector cancels the origin request (sections 2.7 and 2.10).
        stream.AbortRead();
        await stream.DisposeAsync().ConfigureAwait(false);
        _head.Clear();
        _trailers.Clear();
    }

    private void Read(ConnectResponseReader reader)
    {
        if (!reader.Error.IsEmpty)
        {
            _head.Error = Encoding.UTF8.GetString(reader.Error);
            _head.Source = ResponseSource.Connector;
        }

        _head.Status = kind == StreamKind.Tcp ? 200 : 0;
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
