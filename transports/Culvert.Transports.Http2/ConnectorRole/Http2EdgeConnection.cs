using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Culvert.Transports.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>A dialled connection on which the connector serves HTTP/2.</summary>
internal sealed class Http2EdgeConnection : EdgeConnection
{
    private readonly Http2StreamServer _server;
    private readonly DialledConnection _connection;
    private int _served;

    public Http2EdgeConnection(Http2StreamServer server, SslStream tls, Socket socket, IPEndPoint address, byte index)
    {
        _server = server;
        _connection = new DialledConnection(tls);
        Index = index;
        // Not the socket's word: it has none for a peer that has reset the connection by now.
        RemoteEndPoint = address;
        ReportedAddress = ((IPEndPoint)socket.LocalEndPoint!).Address;
    }

    public override byte Index { get; }

    public override string Protocol => "http2";

    public override IPEndPoint RemoteEndPoint { get; }

    public override IPAddress ReportedAddress { get; }

    public override async Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _served, 1) != 0)
        {
            throw new InvalidOperationException("The connection is served already.");
        }

        await _connection.Transport.Output.WriteAsync(EarlySettings.Frame, cancellationToken).ConfigureAwait(false);
        _connection.Features.Set<IEdgeHandlerFeature>(new EdgeHandlerFeature(handler, _connection.ConnectionClosed));
        await _server.AddAsync(_connection, cancellationToken).ConfigureAwait(false);
        await using (cancellationToken.UnsafeRegister(static c => ((DialledConnection)c!).Close(), _connection))
        {
            await _connection.Ended.ConfigureAwait(false);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _connection.Close();
        if (_served == 0)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed record EdgeHandlerFeature(IEdgeConnectionHandler Handler, CancellationToken ConnectionClosed)
        : IEdgeHandlerFeature;

    /// <summary>The transport under Kestrel's HTTP/2: TLS records in, TLS records out.</summary>
    private sealed class DialledConnection : DefaultConnectionContext
    {
        private readonly TransportStream _transport;
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DialledConnection(SslStream tls)
            : base(Guid.NewGuid().ToString("N"))
        {
            // Streams that wait for the connection's end, the control stream above all, hear of it when the end is read: the
            // server disposes the connection only after they have returned.
            _transport = new TransportStream(tls);
            ConnectionClosed = _transport.Closed;
            Features.Set<IMemoryPoolFeature>(new BodyMemory());
            Transport = new TlsPipe(
                PipeReader.Create(
                    _transport, new StreamPipeReaderOptions(bufferSize: 32 * 1024, leaveOpen: true, useZeroByteReads: true)),
                PipeWriter.Create(_transport, new StreamPipeWriterOptions(minimumBufferSize: 128 * 1024, leaveOpen: true)));
        }

        public Task Ended => _ended.Task;

        public override void Abort(ConnectionAbortedException abortReason) => Close();

        /// <summary>Ends the transport; the server then fails its streams and disposes the connection.</summary>
        public void Close() => _transport.Dispose();

        public override async ValueTask DisposeAsync()
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
            _ended.TrySetResult();
        }
    }

    private sealed class BodyMemory : IMemoryPoolFeature
    {
        public MemoryPool<byte> MemoryPool => BodyMemoryPool.Instance;
    }

    private sealed record TlsPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>Tells a request which connection's handler it belongs to.</summary>
internal interface IEdgeHandlerFeature
{
    IEdgeConnectionHandler Handler { get; }

    CancellationToken ConnectionClosed { get; }
}
