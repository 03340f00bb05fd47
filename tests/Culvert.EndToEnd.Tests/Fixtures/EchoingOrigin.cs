using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>An HTTP origin on a unix socket or behind TLS; it answers every request with its head.</summary>
internal sealed class EchoingOrigin : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly X509Certificate2? _certificate;

    private EchoingOrigin(Socket listener, EndPoint address, X509Certificate2? certificate)
    {
        _listener = listener;
        _certificate = certificate;
        listener.Bind(address);
        listener.Listen();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public static EchoingOrigin OnUnixSocket(string path) => new(
        new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), null);

    public static EchoingOrigin BehindTls(X509Certificate2 certificate) => new(
        new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
        new IPEndPoint(IPAddress.Loopback, 0), certificate);

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            // A client that goes away, or trusts nobody, is no failure of the origin.
            _ = Record.ExceptionAsync(() => AnswerAsync(socket));
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        await using var plain = new NetworkStream(socket, ownsSocket: true);
        await using var tls = new SslStream(plain);
        Stream stream = plain;
        if (_certificate is not null)
        {
            await tls.AuthenticateAsServerAsync(_certificate);
            stream = tls;
        }

        using var reader = new StreamReader(stream, Encoding.Latin1);
        var head = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                head.Append(line).Append('\n');
                continue;
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\n\r\n{head}"));
            head.Clear();
        }
    }
}
