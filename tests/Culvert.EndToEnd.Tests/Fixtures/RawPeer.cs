using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>One end of a TCP connection under byte control. Text stands for one byte a character (ISO 8859-1).</summary>
internal sealed class RawPeer(Socket socket) : IAsyncDisposable
{
    private const string HeadEnd = "\r\n\r\n";

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public static async Task<RawPeer> ConnectAsync(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address).InTime();
        return new RawPeer(socket);
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes).InTime()..];
        }
    }

    /// <summary>Reads a message head with its empty line.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (head.Length < HeadEnd.Length || head.ToString(head.Length - HeadEnd.Length, HeadEnd.Length) != HeadEnd)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new IOException($"The connection ended in a head: {head}");
            }

            head.Append((char)_buffer[_start++]);
        }

        return head.ToString();
    }

    /// <summary>Reads so many bytes.</summary>
    public async Task<string> ReadAsync(int count)
    {
        var text = new StringBuilder(count);
        while (text.Length < count)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new IOException($"The connection ended after {text.Length} of {count} bytes");
            }

            var take = Math.Min(count - text.Length, _end - _start);
            text.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
        }

        return text.ToString();
    }

    /// <summary>Reads until the other side ends the connection; says whether it did so by a reset.</summary>
    public async Task<(string Text, bool Reset)> ReadToEndAsync()
    {
        var text = new StringBuilder();
        try
        {
            do
            {
                text.Append(Encoding.Latin1.GetString(_buffer, _start, _end - _start));
                _start = _end;
            }
            while (await FillAsync());
            return (text.ToString(), Reset: false);
        }
        catch (SocketException)
        {
            return (text.ToString(), Reset: true);
        }
    }

    /// <summary>Ends the sending half.</summary>
    public void EndOutput() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Cuts the connection as a crash does.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> FillAsync()
    {
        (_start, _end) = (0, 0);
        _end = await socket.ReceiveAsync(_buffer.AsMemory()).InTime();
        return _end > 0;
    }
}
