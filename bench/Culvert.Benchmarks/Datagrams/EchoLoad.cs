using System.Diagnostics;
using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Quic;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>Keeps so many datagrams on their way to the origin and back, over some flows.</summary>
internal sealed class EchoLoad(QuicConnection connection, ushort port, int flows, int size, int window)
{
    private static readonly TimeSpan Lost = TimeSpan.FromMilliseconds(100);

    private readonly byte[] _buffer = new byte[2048];
    private readonly byte[] _out = new byte[2048];
    private readonly List<long> _roundTrips = new(1 << 20);
    private readonly UInt128 _firstId = (UInt128)Random.Shared.NextInt64() << 64;

    public long Sent { get; private set; }

    public long Returned { get; private set; }

    /// <summary>A round trip that so many of a hundred were not slower than, in microseconds.</summary>
    public double RoundTrip(double percent)
    {
        _roundTrips.Sort();
        return _roundTrips.Count == 0 ? 0
            : _roundTrips[(int)((_roundTrips.Count - 1) * percent / 100)] * 1e6 / Stopwatch.Frequency;
    }

    public async Task RegisterAsync()
    {
        for (var i = 0; i < flows; i++)
        {
            var length = new RegistrationDatagram(_firstId + (UInt128)i, [127, 0, 0, 1], port, 600).Write(_out);
            for (var answered = false; !answered;)
            {
                connection.TrySendDatagram(_out.AsSpan(0, length));
                using var limit = new CancellationTokenSource(1000);
                try
                {
                    var read = await connection.ReceiveDatagramAsync(_buffer, limit.Token);
                    answered = RegistrationResponseDatagram.Read(_buffer.AsSpan(0, read), out var response) == DatagramFault.None
                        && response.RequestId == _firstId + (UInt128)i && response.Outcome == RegistrationOutcome.Ok;
                }
                catch (OperationCanceledException)
                {
                    // Asked again.
                }
            }
        }
    }

    public async Task RunAsync(TimeSpan time)
    {
        (Sent, Returned) = (0, 0);
        _roundTrips.Clear();
        var clock = Stopwatch.StartNew();
        var outstanding = 0;
        var next = 0;
        while (clock.Elapsed < time)
        {
            for (; outstanding < window; outstanding++, next = (next + 1) % flows)
            {
                PayloadDatagram.WriteHeader(_out, _firstId + (UInt128)next);
                BitConverter.TryWriteBytes(_out.AsSpan(PayloadDatagram.HeaderLength), Stopwatch.GetTimestamp());
                if (!connection.TrySendDatagram(_out.AsSpan(0, PayloadDatagram.HeaderLength + size)))
                    break;
                Sent++;
            }
            using var limit = new CancellationTokenSource(Lost);
            try
            {
                await connection.WaitForDatagramAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                outstanding = 0;
                continue;
            }
            while (connection.TryReceiveDatagram(_buffer, out var length))
            {
                if (PayloadDatagram.Read(_buffer.AsSpan(0, length), out var payload) != DatagramFault.None
                    || payload.Payload.Length != size)
                    continue;
                Returned++;
                outstanding = Math.Max(0, outstanding - 1);
                _roundTrips.Add(Stopwatch.GetTimestamp() - BitConverter.ToInt64(payload.Payload));
            }
        }
    }
}
