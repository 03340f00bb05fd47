using System.Globalization;
using System.Net;
using Culvert.Transports.Quic;

namespace Culvert.Benchmarks.Quic;

/// <summary>The server process: sinks bulk streams, echoes short ones, counts datagrams, answers "read" with its meter.</summary>
internal static class QuicPeer
{
    private const byte Echo = 1;
    private static long _datagrams;
    private static long _bytes;

    public static async Task<int> RunAsync(string[] args)
    {
        var certificate = await File.ReadAllTextAsync(args[0]);
        var key = await File.ReadAllTextAsync(args[1]);
        await using var listener = await QuicListener.BindAsync(new QuicServerOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = ["bench"],
            CertificatePem = certificate,
            PrivateKeyPem = key,
            RetryThreshold = 100_000,
            MaxHandshakes = 100_000,
            MaxHandshakesPerPeer = 100_000,
            Transport = BenchOptions.Transport,
        });
        Console.WriteLine(listener.LocalEndPoint.Port);
        _ = AcceptAsync(listener);
        while (await Console.In.ReadLineAsync() is { } command)
        {
            if (command == "read")
            {
                var socket = listener.Loops[0].Socket;
                var reading = Reading.Now(() => (socket.SendCalls, socket.PacketsSent, socket.ReceiveCalls,
                    socket.PacketsReceived,
                    socket.WakeCalls));
                Console.WriteLine($"{reading.Encode()}|{Interlocked.Read(ref _datagrams)}|{Interlocked.Read(ref _bytes)}");
            }
            else if (command == "trim")
            {
                GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                Console.WriteLine(listener.Loops[0].ConnectionCount.ToString(CultureInfo.InvariantCulture));
            }
        }
        return 0;
    }

    private static async Task AcceptAsync(QuicListener listener)
    {
        while (true)
        {
            var connection = await listener.AcceptAsync();
            _ = ServeAsync(connection);
            _ = CountDatagramsAsync(connection);
        }
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        try
        {
            while (true)
                _ = ServeAsync(await connection.AcceptStreamAsync());
        }
        catch (QuicConnectionException)
        {
            // The client is done.
        }
    }

    private static async Task ServeAsync(QuicStream stream)
    {
        try
        {
            var echo = false;
            var first = true;
            while (true)
            {
                var result = await stream.Input.ReadAsync();
                if (first && !result.Buffer.IsEmpty)
                {
                    echo = result.Buffer.FirstSpan[0] == Echo;
                    first = false;
                }
                if (echo)
                {
                    foreach (var part in result.Buffer)
                        await stream.Output.WriteAsync(part);
                }
                Interlocked.Add(ref _bytes, result.Buffer.Length);
                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }
        }
        catch (IOException)
        {
            // Reset, or the connection ended: the meter tells what arrived.
        }
        await stream.DisposeAsync();
    }

    private static async Task CountDatagramsAsync(QuicConnection connection)
    {
        var buffer = new byte[2048];
        while (await connection.WaitForDatagramAsync())
        {
            var count = 0;
            while (connection.TryReceiveDatagram(buffer, out _))
                count++;
            Interlocked.Add(ref _datagrams, count);
        }
    }
}
