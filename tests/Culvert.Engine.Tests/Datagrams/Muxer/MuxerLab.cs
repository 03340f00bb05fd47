using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>A muxer without threads, whose rounds the test runs, two connections and an origin on loopback.</summary>
internal sealed class MuxerLab : IDisposable
{
    private readonly List<MemoryConnection> _connections = [];

    public MuxerLab(DatagramMuxerOptions? options = null, OriginWriter? writer = null, VirtualDns? dns = null)
    {
        Muxer = new DatagramMuxer(Limiter, dns ?? new VirtualDns(), NullLogger.Instance, options, Time) { Writer = writer };
        First = Attach(0);
        Second = Attach(1);
        Origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Origin.ReceiveTimeout = 20_000;
        Origin.ReceiveBufferSize = 4 * 1024 * 1024;
    }

    public static byte[] Loopback { get; } = [127, 0, 0, 1];

    public FakeTime Time { get; } = new();

    public FlowLimiter Limiter { get; } = new();

    public DatagramMuxer Muxer { get; }

    public MemoryConnection First { get; }

    public MemoryConnection Second { get; }

    public Socket Origin { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public int Port => ((IPEndPoint)Origin.LocalEndPoint!).Port;

    public MemoryConnection Attach(byte index)
    {
        var connection = new MemoryConnection();
        Attach(connection, index, sessionEnded: null);
        return connection;
    }

    /// <summary>Of version 2, when somebody wants to hear of sessions that end.</summary>
    public ConnectionFlows Attach(MemoryConnection connection, byte index, Action<Guid, string>? sessionEnded)
    {
        _connections.Add(connection);
        return Muxer.Attach(connection, index, sessionEnded);
    }

    /// <summary>Each connection's turn, as often as it takes for what one asks of another to be answered.</summary>
    public void Round()
    {
        for (var turn = 0; turn < 3; turn++)
        {
            // Enumerating the list would allocate, which some tests count.
            for (var i = 0; i < _connections.Count; i++)
                _connections[i].Round();
        }
    }

    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        Round();
    }

    /// <summary>Opens a flow to the origin and takes its answer.</summary>
    public void Open(MemoryConnection connection, UInt128 id, int idle = 30)
    {
        connection.Register(id, Loopback, Port, idle);
        Round();
        Assert.Equal(RegistrationOutcome.Ok, Response(connection, id));
    }

    /// <summary>The next datagram to the edge, which the kernel may still be bringing from the origin.</summary>
    public byte[] Next(MemoryConnection connection)
    {
        var limit = Stopwatch.StartNew();
        byte[]? datagram;
        while (!connection.ToEdge.TryDequeue(out datagram))
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), "nothing came");
            Round();
            Thread.Yield();
        }
        return datagram;
    }

    public void Until(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), "it did not happen");
            Round();
            Thread.Yield();
        }
    }

    public RegistrationOutcome Response(MemoryConnection connection, UInt128 id)
    {
        var bytes = Next(connection);
        Assert.Equal(20, bytes.Length);
        Assert.Equal(Engine.Datagrams.DatagramFault.None, RegistrationResponseDatagram.Read(bytes, out var response));
        Assert.Equal(id, response.RequestId);
        Assert.True(response.Text.IsEmpty);
        return response.Outcome;
    }

    public byte[] Reply(MemoryConnection connection, UInt128 id)
    {
        Assert.Equal(Engine.Datagrams.DatagramFault.None, PayloadDatagram.Read(Next(connection), out var payload));
        Assert.Equal(id, payload.RequestId);
        return payload.Payload.ToArray();
    }

    /// <summary>What the origin gets next, and from whom.</summary>
    public (byte[] Payload, EndPoint From) AtOrigin()
    {
        var buffer = new byte[2048];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = Origin.ReceiveFrom(buffer, ref from);
        return (buffer[..length], from);
    }

    public void Dispose()
    {
        foreach (var connection in _connections.Where(connection => !connection.ClosedToken.IsCancellationRequested))
            connection.Close();
        Origin.Dispose();
    }
}
