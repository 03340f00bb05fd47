using System.Net;
using System.Net.Sockets;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>
/// An origin on blocking sockets that answers every request without a body with the same bytes and allocates nothing for it, so
/// that what a process allocates is what is under test.
/// </summary>
internal sealed class QuietOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _response;

    public QuietOrigin(ReadOnlySpan<byte> response)
    {
        _response = response.ToArray();
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.AcceptSocket();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            var buffer = new byte[8192];
            var length = 0;
            while (socket.Receive(buffer.AsSpan(length), SocketFlags.None, out var error) is > 0 and var count
                && error == SocketError.Success)
            {
                length += count;
                while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
                {
                    socket.Send(_response, SocketFlags.None, out _);
                    buffer.AsSpan(end + 4, length - end - 4).CopyTo(buffer);
                    length -= end + 4;
                }
            }
        }
    }
}
