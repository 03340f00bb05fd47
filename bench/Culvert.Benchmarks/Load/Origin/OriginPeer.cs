using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Culvert.Benchmarks.Load.Sockets;

namespace Culvert.Benchmarks.Load.Origin;

/// <summary>One connection of the origin.</summary>
internal sealed class OriginPeer(OriginServer server, Epoll epoll, Socket socket) : SocketPeer(epoll, socket)
{
    private static readonly byte[] Small =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, World!\n"u8.ToArray();
    private static readonly byte[] Payload = new byte[256 * 1024];
    private byte[] _partial = [];
    private byte[] _head = [];
    private long _bodyToSend;
    private long _upload;
    private bool _chunked;
    private bool _tunnelled;

    public void Answer() => Start(Small, 0);

    public override void OnReadable()
    {
        var buffer = Epoll.Scratch;
        _partial.CopyTo(buffer, 0);
        var kept = _partial.Length;
        if (Receive(buffer.AsSpan(kept)) is not { } count)
        {
            return;
        }

        if (count == 0)
        {
            Epoll.Close(this);
            return;
        }

        Take(buffer.AsSpan(0, kept + count), kept);
    }

    public override void OnWritable() => Continue();

    private void Take(ReadOnlySpan<byte> bytes, int kept)
    {
        _partial = [];
        if (_tunnelled)
        {
            return;
        }

        if (_upload > 0 || _chunked)
        {
            TakeUpload(bytes, kept);
            return;
        }

        var length = HeadText.Length(bytes);
        if (length < 0)
        {
            _partial = bytes.ToArray();
            return;
        }

        var head = bytes[..length];
        _upload = HeadText.ContentLength(head) ?? 0;
        _chunked = HeadText.Field(head, "\r\ntransfer-encoding: "u8).SequenceEqual("chunked"u8);
        if (_upload > 0 || _chunked)
        {
            TakeUpload(bytes[length..], 0);
        }
        else
        {
            Respond(head);
        }
    }

    private void TakeUpload(ReadOnlySpan<byte> bytes, int kept)
    {
        var done = _chunked ? bytes.EndsWith("\r\n0\r\n\r\n"u8) : (_upload -= bytes.Length - kept) <= 0;
        if (done)
        {
            _chunked = false;
            _upload = 0;
            Answer();
        }
        else if (_chunked)
        {
            _partial = bytes[^Math.Min(bytes.Length, 6)..].ToArray();
        }
    }

    private void Respond(ReadOnlySpan<byte> head)
    {
        if (HeadText.Number(head, "ms="u8, -1) is >= 0 and var delay)
        {
            server.AnswerLater(this, delay);
        }
        else if (HeadText.Number(head, "n="u8, -1) is >= 0 and var size)
        {
            Start(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n"), size);
        }
        else if (HeadText.Field(head, "\r\nsec-websocket-key: "u8) is { Length: > 0 } key)
        {
            _tunnelled = true;
            Start(Accept(key), 0);
        }
        else
        {
            Answer();
        }
    }

    private static byte[] Accept(ReadOnlySpan<byte> key)
    {
        // The key and the fixed text of RFC 6455 section 4.2.2.
#pragma warning disable CA5350 // The protocol says SHA-1.
        var hash = SHA1.HashData([.. key, .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8]);
#pragma warning restore CA5350
        return Encoding.ASCII.GetBytes(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            $"Sec-WebSocket-Accept: {Convert.ToBase64String(hash)}\r\n\r\n");
    }

    private void Start(byte[] head, long body)
    {
        if (Slot < 0)
        {
            return;
        }

        _head = head;
        _bodyToSend = body;
        Continue();
    }

    private void Continue()
    {
        var wasBlocked = false;
        while (_head.Length > 0 || _bodyToSend > 0)
        {
            var next = _head.Length > 0 ? _head : Payload.AsSpan(0, (int)Math.Min(Payload.Length, _bodyToSend));
            var sent = Send(next);
            if (sent < 0)
            {
                Epoll.Close(this);
                return;
            }

            if (sent == 0)
            {
                wasBlocked = true;
                break;
            }

            if (_head.Length > 0)
            {
                _head = sent == _head.Length ? [] : _head[sent..];
            }
            else
            {
                _bodyToSend -= sent;
            }
        }

        SetWriting(wasBlocked);
    }

    private bool _writing;

    private void SetWriting(bool writing)
    {
        if (_writing != writing)
        {
            _writing = writing;
            Epoll.Change(this, writing);
        }
    }
}
