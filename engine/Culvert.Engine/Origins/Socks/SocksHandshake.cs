using System.Buffers;
using System.IO.Pipelines;

namespace Culvert.Engine.Origins.Socks;

/// <summary>The server's half of the SOCKS5 opening (RFC 1928; http2-and-proxy, section 7.1). For one client, one call
/// after the other.</summary>
/// <param name="input">What the client sends; left behind the request.</param>
/// <param name="send">Sends bytes to the client at once.</param>
internal sealed class SocksHandshake(PipeReader input, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> send)
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte NoneAcceptable = 0xFF;
    private const byte Connect = 1;

    private SocksAddress? _address;

    private delegate bool Parser<T>(ReadOnlySpan<byte> bytes, out T value, out int size);

    /// <summary>Reads the greeting, answers it, and reads the request.</summary>
    /// <returns>Where the client wants to connect to.</returns>
    /// <exception cref="SocksException">It wants something else, or speaks something else.</exception>
    /// <exception cref="EndOfStreamException">The client ended first.</exception>
    public async ValueTask<SocksAddress> ReadAsync(CancellationToken cancellationToken)
    {
        var accepted = await ReadAsync<bool>(TryReadGreeting, cancellationToken).ConfigureAwait(false);
        await send(new byte[] { Version, accepted ? NoAuthentication : NoneAcceptable }, cancellationToken).ConfigureAwait(false);
        if (!accepted)
        {
            throw new SocksException("unknown authentication type");
        }

        var (command, address) = await ReadAsync<(byte, SocksAddress)>(TryReadRequest, cancellationToken).ConfigureAwait(false);
        _address = address;
        return command == Connect
            ? address
            : throw new SocksException($"Unsupported command: {command}", SocksReplyCode.CommandNotSupported);
    }

    /// <summary>Tells the client that it is connected.</summary>
    /// <param name="local">The outgoing connection's own address.</param>
    /// <param name="cancellationToken">Ends a wait for the tunnel.</param>
    public ValueTask SucceedAsync(SocksAddress local, CancellationToken cancellationToken) =>
        ReplyAsync(SocksReplyCode.Succeeded, local, cancellationToken);

    /// <summary>Tells the client why it is not.</summary>
    public ValueTask FailAsync(SocksException error, CancellationToken cancellationToken) => error.Code is { } code
        ? ReplyAsync(code, error.EchoesAddress && _address is not null ? _address : SocksAddress.None, cancellationToken)
        : ValueTask.CompletedTask;

    private static bool TryReadGreeting(ReadOnlySpan<byte> bytes, out bool accepted, out int size)
    {
        (accepted, size) = (false, 0);
        if (bytes.Length > 0 && bytes[0] != Version)
        {
            throw new SocksException($"Unsupported SOCKS version: [{bytes[0]}]");
        }

        if (bytes.Length < 2 || bytes.Length < 2 + bytes[1])
        {
            return false;
        }

        size = 2 + bytes[1];
        accepted = bytes[2..size].Contains(NoAuthentication);
        return true;
    }

    private static bool TryReadRequest(ReadOnlySpan<byte> bytes, out (byte Command, SocksAddress Address) request, out int size)
    {
        (request, size) = (default, 0);
        if (bytes.Length > 0 && bytes[0] != Version)
        {
            throw new SocksException($"Unsupported command version: {bytes[0]}");
        }

        if (bytes.Length < 4 || !SocksAddress.TryRead(bytes[3..], out var address, out var length))
        {
            return false;
        }

        (request, size) = ((bytes[1], address), 3 + length);
        return true;
    }

    // Both messages are at most 262 bytes, so a parser that wants more gets it or the client's end.
    private async ValueTask<T> ReadAsync<T>(Parser<T> parse, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (parse(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, 512)).ToArray(), out var value, out var size))
            {
                input.AdvanceTo(read.Buffer.GetPosition(size));
                return value;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw new EndOfStreamException("the client ended inside the SOCKS handshake");
            }
        }
    }

    private ValueTask ReplyAsync(SocksReplyCode code, SocksAddress address, CancellationToken cancellationToken)
    {
        var reply = new byte[3 + SocksAddress.MaxBytes];
        (reply[0], reply[1]) = (Version, (byte)code);
        return send(reply.AsMemory(0, 3 + address.Write(reply.AsSpan(3))), cancellationToken);
    }
}
