using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Culvert.Benchmarks.Load.Sockets;

namespace Culvert.Benchmarks.Load.Visitors;

/// <summary>One connection of the load generator: sends a request, reads its response, asks whether to send the next.</summary>
internal sealed class VisitorPeer : SocketPeer
{
    private static readonly byte[] Payload = new byte[256 * 1024];
    private readonly LoadRun _run;
    private byte[] _partial = [];
    private int _headSent;
    private long _bodySent;
    private long _bodyLeft;
    private bool _inBody;
    private bool _busy;
    private bool _writing = true;
    private long _started;

    private VisitorPeer(LoadRun run, Epoll epoll, Socket socket) : base(epoll, socket) => _run = run;

    public static void Open(LoadRun run, Epoll epoll, IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        socket.Blocking = false;
        var peer = new VisitorPeer(run, epoll, socket);
        epoll.Add(peer, writing: true);
        peer.Next();
    }

    public override void OnReadable()
    {
        var buffer = Epoll.Scratch;
        while (true)
        {
            _partial.CopyTo(buffer, 0);
            var kept = _partial.Length;
            if (Receive(buffer.AsSpan(kept)) is not { } count)
            {
                return;
            }

            if (count == 0)
            {
                Fail("the edge closed a connection");
                return;
            }

            _partial = [];
            if (!Take(buffer.AsSpan(0, kept + count)) || kept + count < buffer.Length)
            {
                return;
            }
        }
    }

    public override void OnWritable() => SendRequest();

    private bool Take(ReadOnlySpan<byte> bytes)
    {
        if (!_busy)
        {
            return true;
        }

        if (!_inBody)
        {
            var length = HeadText.Length(bytes);
            if (length < 0)
            {
                _partial = bytes.ToArray();
                return true;
            }

            var head = bytes[..length];
            if (!head.StartsWith("HTTP/1.1 200 "u8) && !head.StartsWith("HTTP/1.1 101 "u8))
            {
                Fail("response: " + System.Text.Encoding.ASCII.GetString(head[..head.IndexOf((byte)'\r')]));
                return false;
            }

            _inBody = true;
            _bodyLeft = HeadText.ContentLength(head) ?? 0;
            bytes = bytes[length..];
        }

        _bodyLeft -= bytes.Length;
        if (_bodyLeft <= 0)
        {
            _busy = false;
            _run.Completed(Stopwatch.GetTimestamp() - _started);
            if (!_run.KeepsConnections)
            {
                Next();
            }
        }

        return Slot >= 0;
    }

    private void Next()
    {
        if (!_run.TryTake())
        {
            Epoll.Close(this);
            return;
        }

        _busy = true;
        _inBody = false;
        _headSent = 0;
        _bodySent = 0;
        _started = Stopwatch.GetTimestamp();
        SendRequest();
    }

    private void SendRequest()
    {
        var head = _run.Request.Head;
        while (_busy && (_headSent < head.Length || _bodySent < _run.Request.UploadBytes))
        {
            var left = _run.Request.UploadBytes - _bodySent;
            var next = _headSent < head.Length ? head.AsSpan(_headSent) : Payload.AsSpan(0, (int)Math.Min(Payload.Length, left));
            var sent = Send(next);
            if (sent < 0)
            {
                Fail("a connection to the edge broke");
                return;
            }

            if (sent == 0)
            {
                SetWriting(true);
                return;
            }

            if (_headSent < head.Length)
            {
                _headSent += sent;
            }
            else
            {
                _bodySent += sent;
            }
        }

        SetWriting(false);
    }

    private void SetWriting(bool writing)
    {
        if (_writing != writing && Slot >= 0)
        {
            _writing = writing;
            Epoll.Change(this, writing);
        }
    }

    private void Fail(string why)
    {
        _run.Failed(why);
        Epoll.Close(this);
    }
}
