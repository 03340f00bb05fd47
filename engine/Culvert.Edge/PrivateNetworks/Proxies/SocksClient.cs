using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.Edge.PrivateNetworks.Streams;
using Culvert.Engine.Origins.Socks;
using Culvert.Transports.Headers;

namespace Culvert.Edge.PrivateNetworks.Proxies;

/// <summary>One client of the proxy that speaks SOCKS5. Names are not resolved: which host's resolver would know them?</summary>
internal sealed class SocksClient(PrivateProxy proxy, Socket socket, PipeReader input)
{
    /// <summary>First byte of every message.</summary>
    public const byte Version = 5;

    private const byte PasswordVersion = 1;
    private const byte NoAuthentication = 0;
    private const byte Password = 2;
    private const byte NoneAcceptable = 0xFF;
    private const byte Connect = 1;
    private const byte UdpAssociate = 3;

    // Version, name and password of 255 bytes each with their lengths: the longest message.
    private const int LongestMessage = 513;

    private delegate bool Parser<T>(ReadOnlySpan<byte> bytes, out T value, out int size);

    /// <summary>Serves the client to its end.</summary>
    /// <param name="handshake">Cancelled when it takes too long to say what it wants.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken handshake, CancellationToken cancellationToken)
    {
        if (!await AuthenticateAsync(handshake).ConfigureAwait(false))
        {
            return;
        }

        var (command, address) = await ReadAsync<(byte, SocksAddress)>(TryReadRequest, handshake).ConfigureAwait(false);
        if (command == Connect)
        {
            await ConnectAsync(address, cancellationToken).ConfigureAwait(false);
        }
        else if (command == UdpAssociate)
        {
            await AssociateAsync(address, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await ReplyAsync(SocksReplyCode.CommandNotSupported, SocksAddress.None, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryReadGreeting(ReadOnlySpan<byte> bytes, out byte[] methods, out int size)
    {
        (methods, size) = ([], 0);
        if (bytes.Length < 2 || bytes.Length < 2 + bytes[1])
        {
            return false;
        }

        size = 2 + bytes[1];
        methods = bytes[2..size].ToArray();
        return true;
    }

    private static bool TryReadPassword(ReadOnlySpan<byte> bytes, out (string User, string Password) credentials, out int size)
    {
        (credentials, size) = (("", ""), 0);
        if (bytes.Length < 2 || bytes.Length < 3 + bytes[1] || bytes.Length < 3 + bytes[1] + bytes[2 + bytes[1]])
        {
            return false;
        }

        if (bytes[0] != PasswordVersion)
        {
            throw new InvalidDataException("not a password message");
        }

        var user = bytes.Slice(2, bytes[1]);
        var password = bytes.Slice(3 + user.Length, bytes[2 + user.Length]);
        size = 3 + user.Length + password.Length;
        credentials = (Encoding.UTF8.GetString(user), Encoding.UTF8.GetString(password));
        return true;
    }

    private static bool TryReadRequest(ReadOnlySpan<byte> bytes, out (byte Command, SocksAddress Address) request, out int size)
    {
        (request, size) = (default, 0);
        if (bytes.Length < 4 || !SocksAddress.TryRead(bytes[3..], out var address, out var length))
        {
            return false;
        }

        (request, size) = ((bytes[0] == Version ? bytes[1] : (byte)0, address), 3 + length);
        return true;
    }

    private static SocksReplyCode CodeOf(TunnelStreamException e) => e.RefusedBy switch
    {
        ResponseSource.Connector => SocksReplyCode.HostUnreachable,
        ResponseSource.FlowLimited => SocksReplyCode.GeneralFailure,
        _ => SocksReplyCode.NetworkUnreachable,
    };

    private async Task<bool> AuthenticateAsync(CancellationToken cancellationToken)
    {
        var methods = await ReadAsync<byte[]>(TryReadGreeting, cancellationToken).ConfigureAwait(false);
        var wanted = proxy.AsksForPassword ? Password : NoAuthentication;
        if (!methods.Contains(wanted))
        {
            await SendAsync([Version, NoneAcceptable], cancellationToken).ConfigureAwait(false);
            return false;
        }

        await SendAsync([Version, wanted], cancellationToken).ConfigureAwait(false);
        if (wanted == NoAuthentication)
        {
            return true;
        }

        var (user, password) = await ReadAsync<(string, string)>(TryReadPassword, cancellationToken).ConfigureAwait(false);
        var isAccepted = proxy.Accepts(user, password);
        await SendAsync([PasswordVersion, isAccepted ? (byte)0 : (byte)1], cancellationToken).ConfigureAwait(false);
        return isAccepted;
    }

    private async Task ConnectAsync(SocksAddress address, CancellationToken cancellationToken)
    {
        OpenedStream? opened;
        try
        {
            opened = await proxy.OpenAsync(address.IP, address.Port, cancellationToken).ConfigureAwait(false);
        }
        catch (TunnelStreamException e)
        {
            await ReplyAsync(CodeOf(e), SocksAddress.None, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (opened is null)
        {
            var code = address.IP is null ? SocksReplyCode.AddressTypeNotSupported : SocksReplyCode.NotAllowed;
            await ReplyAsync(code, SocksAddress.None, cancellationToken).ConfigureAwait(false);
            return;
        }

        await using (opened.ConfigureAwait(false))
        {
            await ReplyAsync(SocksReplyCode.Succeeded, SocksAddress.None, cancellationToken).ConfigureAwait(false);
            await TcpRelay.RunAsync(socket, input, opened.Stream, cancellationToken).ConfigureAwait(false);
        }
    }

    // The association lives as long as this connection, on which nothing more is said.
    private async Task AssociateAsync(SocksAddress announced, CancellationToken cancellationToken)
    {
        var client = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        var association = new SocksAssociation(proxy, ((IPEndPoint)socket.LocalEndPoint!).Address, client, announced.Port);
        await using (association.ConfigureAwait(false))
        {
            await ReplyAsync(SocksReplyCode.Succeeded, SocksAddress.Of(association.LocalEndPoint), cancellationToken)
                .ConfigureAwait(false);
            association.Start();
            ReadResult read;
            do
            {
                read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
    }

    private async ValueTask<T> ReadAsync<T>(Parser<T> parse, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, LongestMessage)).ToArray();
            if (parse(bytes, out var value, out var size))
            {
                input.AdvanceTo(read.Buffer.GetPosition(size));
                return value;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || bytes.Length == LongestMessage)
            {
                throw new EndOfStreamException("the client ended inside the SOCKS handshake");
            }
        }
    }

    private ValueTask ReplyAsync(SocksReplyCode code, SocksAddress address, CancellationToken cancellationToken)
    {
        var reply = new byte[3 + SocksAddress.MaxBytes];
        (reply[0], reply[1]) = (Version, (byte)code);
        return SendAsync(reply.AsMemory(0, 3 + address.Write(reply.AsSpan(3))), cancellationToken);
    }

    private ValueTask SendAsync(byte[] message, CancellationToken cancellationToken) =>
        SendAsync(message.AsMemory(), cancellationToken);

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        while (!message.IsEmpty)
        {
            message = message[await socket.SendAsync(message, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
