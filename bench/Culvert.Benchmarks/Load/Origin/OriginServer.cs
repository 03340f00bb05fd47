using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Culvert.Benchmarks.Load.Sockets;

namespace Culvert.Benchmarks.Load.Origin;

/// <summary>
/// <c>origin</c>: the web server behind the tunnel, one thread. <c>/</c> answers a few bytes, <c>/bytes?n=N</c> answers N bytes,
/// <c>/slow?ms=N</c> answers after N milliseconds, uploads are swallowed and then answered, WebSockets
/// are accepted and stay idle.
/// </summary>
internal sealed class OriginServer : SocketPeer
{
    private readonly Queue<(long Due, OriginPeer Peer)> _slow = new();

    private OriginServer(Epoll epoll, Socket listener) : base(epoll, listener)
    {
    }

    /// <summary>Prints its port, then serves until its standard input ends.</summary>
    public static int Run()
    {
        using var epoll = new Epoll();
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        var server = new OriginServer(epoll, listener);
        epoll.Add(server, writing: false);
        Console.WriteLine($"origin port={((IPEndPoint)listener.LocalEndPoint!).Port}");
        var input = Task.Run(() => Console.In.ReadLine());
        while (!input.IsCompleted)
        {
            epoll.RunOnce(server._slow.Count > 0 ? 5 : 200);
            server.AnswerDue();
        }

        return 0;
    }

    public void AnswerLater(OriginPeer peer, long milliseconds) =>
        _slow.Enqueue((Stopwatch.GetTimestamp() + (milliseconds * Stopwatch.Frequency / 1000), peer));

    public override void OnReadable()
    {
        while (true)
        {
            Socket accepted;
            try
            {
                accepted = Socket.Accept();
            }
            catch (SocketException)
            {
                return;
            }

            accepted.Blocking = false;
            accepted.NoDelay = true;
            Epoll.Add(new OriginPeer(this, Epoll, accepted), writing: false);
        }
    }

    public override void OnWritable()
    {
    }

    // All slow requests of a run have the same delay, so the first in is the first out.
    private void AnswerDue()
    {
        while (_slow.TryPeek(out var first) && first.Due <= Stopwatch.GetTimestamp())
        {
            _slow.Dequeue().Peer.Answer();
        }
    }
}
