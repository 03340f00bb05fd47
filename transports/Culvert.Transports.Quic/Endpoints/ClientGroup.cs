using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>Client connections that share a socket and a loop. The public client has one connection in each.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The identity is disposed when the loop has stopped.")]
internal sealed class ClientGroup
{
    private readonly ClientIdentity _identity;
    private readonly UdpSocket _socket;

    public ClientGroup(IPEndPoint remote, QuicClientOptions options, bool single)
    {
        _identity = new ClientIdentity(options);
        try
        {
            var any = remote.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
            _socket = UdpSocket.Open(new UdpSocketOptions(new IPEndPoint(options.LocalAddress ?? any, options.LocalPort))
            {
                Remote = single ? remote : null,
                KernelBufferBytes = options.Transport.SocketBuffer,
                SegmentationOffload = options.Transport.SegmentationOffload,
                Portable = options.Transport.PortableSocket,
            });
        }
        catch
        {
            _identity.Dispose();
            throw;
        }
        Loop = new EndpointLoop(_socket, "quic client", new ConnectionIdTable()) { StopsWhenEmpty = single };
        _ = Loop.Stopped.ContinueWith(static (_, identity) => ((ClientIdentity)identity!).Dispose(), _identity,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (!single)
            Loop.Start();
    }

    public EndpointLoop Loop { get; }

    public async ValueTask<QuicConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        var attempt = new Attempt(this, UdpAddress.From(remote, _socket.LocalAddress.Family == LibcNumbers.AF_INET6));
        Loop.Post(attempt);
        if (Loop.StopsWhenEmpty)
            Loop.Start();
        using var registration = cancellationToken.UnsafeRegister(static attempt => ((Attempt)attempt!).Cancel(), attempt);
        try
        {
            return await attempt.Result.Task.ConfigureAwait(false);
        }
        catch (QuicConnectionException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private sealed class Attempt(ClientGroup group, UdpAddress remote) : WorkItem
    {
        private ConnectionCore? _connection;
        private volatile bool _cancelled;

        public TaskCompletionSource<QuicConnection> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Cancel()
        {
            _cancelled = true;
            group.Loop.Post(this);
        }

        internal override void RunOnLoop()
        {
            if (group.Loop.HasEnded && _connection is null)
            {
                Result.TrySetException(new QuicConnectionException("The endpoint was stopped."));
                return;
            }
            if (_connection is null && !_cancelled)
            {
                try
                {
                    _connection = ConnectionCore.Connect(group.Loop, group._identity, in remote, Result);
                }
                catch (InvalidOperationException fault)
                {
                    Result.TrySetException(new QuicConnectionException(fault.Message, fault));
                }
                return;
            }
            if (_connection is null)
                Result.TrySetException(new QuicConnectionException("The attempt was cancelled."));
            else if (!_connection.HandshakeDone)
                _connection.Close(QuicCloseReason.Internal("The attempt was cancelled."));
        }
    }
}
