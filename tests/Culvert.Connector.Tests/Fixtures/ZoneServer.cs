using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Culvert.Connector.Tests.Fixtures;

/// <summary>A DNS server on loopback with a zone of services and addresses, over UDP and over TLS.</summary>
internal sealed class ZoneServer : IAsyncDisposable
{
    private const int HeaderLength = 12;
    private const int A = 1;
    private const int Aaaa = 28;
    private const int Srv = 33;

    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tls = new(IPAddress.Loopback, 0);
    private readonly Dictionary<(string Name, int Type), List<byte[]>> _zone = [];
    private readonly List<Task> _serving = [];

    /// <param name="certificate">For TLS; null for UDP alone.</param>
    public ZoneServer(X509Certificate2? certificate = null)
    {
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving.Add(ServeUdpAsync());
        _tls.Start();
        if (certificate is not null)
        {
            _serving.Add(ServeTlsAsync(certificate));
        }
    }

    public IPEndPoint Udp => (IPEndPoint)_udp.LocalEndPoint!;

    public IPEndPoint Tls => (IPEndPoint)_tls.LocalEndpoint;

    /// <summary>Answers services over UDP with SERVFAIL.</summary>
    public bool FailsServices { get; init; }

    public ZoneServer WithService(string name, int priority, int weight, int port, string target)
    {
        var data = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)priority);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)weight);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), (ushort)port);
        return With(name, Srv, [.. data, .. Name(target)]);
    }

    public ZoneServer WithAddress(string name, string address)
    {
        var bytes = IPAddress.Parse(address).GetAddressBytes();
        return With(name, bytes.Length == 4 ? A : Aaaa, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        _udp.Dispose();
        _tls.Dispose();
        foreach (var task in _serving)
        {
            await task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private static byte[] Name(string name) =>
        [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    private ZoneServer With(string name, int type, byte[] data)
    {
        if (!_zone.TryGetValue((name, type), out var records))
        {
            _zone[(name, type)] = records = [];
        }

        records.Add(data);
        return this;
    }

    private async Task ServeUdpAsync()
    {
        var question = new byte[512];
        try
        {
            while (true)
            {
                var from = await _udp.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
                await _udp.SendToAsync(Answer(question.AsSpan(0, from.ReceivedBytes), FailsServices), from.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeTlsAsync(X509Certificate2 certificate)
    {
        try
        {
            while (true)
            {
                using var client = await _tls.AcceptTcpClientAsync();
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(certificate);
                var length = new byte[2];
                await tls.ReadExactlyAsync(length);
                var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await tls.ReadExactlyAsync(question);
                var answer = Answer(question, fails: false);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await tls.WriteAsync((byte[])[.. length, .. answer]);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidOperationException
            or System.Security.Authentication.AuthenticationException)
        {
            // The test is over, or does not trust the certificate.
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> question, bool fails)
    {
        var (name, at) = (new List<string>(), HeaderLength);
        while (question[at] != 0)
        {
            name.Add(Encoding.ASCII.GetString(question.Slice(at + 1, question[at])));
            at += question[at] + 1;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        var known = _zone.TryGetValue((string.Join('.', name), type), out var records);
        var code = fails && type == Srv ? 2 : !known && type == Srv ? 3 : 0;
        var found = known && code == 0 ? records! : [];
        var answer = new List<byte>(
            [question[0], question[1], 0x81, (byte)(0x80 | code), 0, 1, 0, (byte)found.Count, 0, 0, 0, 0]);
        answer.AddRange(question[HeaderLength..(at + 5)]);
        foreach (var data in found)
        {
            answer.AddRange([0xC0, HeaderLength, 0, (byte)type, 0, 1, 0, 0, 0, 60, (byte)(data.Length >> 8), (byte)data.Length]);
            answer.AddRange(data);
        }

        return [.. answer];
    }
}
