using System.Net.Sockets;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>Connects to unix sockets. Thread-safe.</summary>
internal static class UnixDialer
{
    /// <summary>Connects.</summary>
    /// <param name="path">The socket's file; a path that cannot be one fails here, as in the original.</param>
    /// <param name="settings">The connect timeout.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DialException">There is no connection.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async ValueTask<Socket> ConnectAsync(
        string path, OriginRequest settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var deadline = Deadline.Start(settings.ConnectTimeout, time, cancellationToken);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e switch
            {
                SocketException { SocketErrorCode: SocketError.AddressNotAvailable } or SocketException { NativeErrorCode: 2 } =>
                    new DialException($"unix {path}", "connect: no such file or directory", SocketError.AddressNotAvailable),
                SocketException failure => new DialException($"unix {path}", failure.SocketErrorCode),
                ArgumentException => new DialException($"unix {path}", "connect: invalid argument", SocketError.InvalidArgument),
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    new DialException($"unix {path}", SocketError.TimedOut),
                _ => e,
            };
        }
    }
}
