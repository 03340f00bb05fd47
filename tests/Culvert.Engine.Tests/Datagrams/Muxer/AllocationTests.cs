using System.Net;
using System.Net.Sockets;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>What a datagram costs the collector: nothing, either way.</summary>
[Trait("Category", "Functional")]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void DatagramsAllocateNothing(int flows)
    {
        using var lab = new MuxerLab();
        using var echo = new Echo();
        for (var id = 1; id <= flows; id++)
        {
            lab.First.Register((UInt128)id, MuxerLab.Loopback, echo.Port, 600);
            lab.Round();
        }
        lab.First.CountsOnly = true;
        Pump(lab, flows, 20_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Pump(lab, flows, 120_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(lab.First.Sent > 60_000, $"{lab.First.Sent} replies");
    }

    [Fact]
    public void FlowsThatComeAndGoAllocateNothingOnceTheirObjectsAreThere()
    {
        using var lab = new MuxerLab();
        lab.First.CountsOnly = true;
        Churn(lab, 3);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Churn(lab, 20);
        // Moving the test's clock allocates; a flow's object alone would be 4,000 times 200 bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40_000);
    }

    private static void Churn(MuxerLab lab, int times)
    {
        for (var time = 0; time < times; time++)
        {
            for (var id = 1; id <= 200; id++)
                lab.First.Register((UInt128)id, MuxerLab.Loopback, lab.Port, 1);
            lab.Round();
            Assert.Equal(200, lab.Muxer.FlowCount);
            lab.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(0, lab.Muxer.FlowCount);
        }
    }

    private static void Pump(MuxerLab lab, int flows, int datagrams)
    {
        Span<byte> payload = stackalloc byte[64];
        var sent = lab.First.Sent;
        for (var i = 0; i < datagrams; i++)
        {
            lab.First.Payload((UInt128)(1 + (i % flows)), payload);
            if (i % 32 != 31)
                continue;
            lab.Round();
            // The echo may be slow on a busy machine, but what it holds stays within its socket's buffer.
            for (var waited = 0; lab.First.Sent - sent < i - 128 && waited < 1_000_000; waited++)
            {
                Thread.Yield();
                lab.Round();
            }
        }
    }

    /// <summary>Sends back what it gets, on a thread of its own.</summary>
    private sealed class Echo : IDisposable
    {
        private readonly Socket _socket = new(
            AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        private readonly Thread _thread;

        public Echo()
        {
            _socket.ReceiveBufferSize = 4 * 1024 * 1024;
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        public void Dispose()
        {
            _socket.Dispose();
            _thread.Join();
        }

        private void Run()
        {
            var buffer = new byte[2048];
            var from = new SocketAddress(AddressFamily.InterNetwork);
            try
            {
                while (true)
                {
                    var length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
                    _socket.SendTo(buffer.AsSpan(0, length), SocketFlags.None, from);
                }
            }
            catch (SocketException)
            {
                // The test has ended.
            }
            catch (ObjectDisposedException)
            {
                // The same.
            }
        }
    }
}
