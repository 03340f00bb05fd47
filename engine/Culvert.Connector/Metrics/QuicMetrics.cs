using System.Globalization;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>
/// What QUIC connections do, under the original's names, and what theirs and the sockets' queues do under our own
/// (supervisor-and-operations, section 6.3). Connections count for themselves; that is copied when somebody asks. Thread-safe.
/// </summary>
public sealed class QuicMetrics
{
    private const int UnknownState = -1;
    private const int SlowStart = 0;
    private const int Avoidance = 1;

    private static readonly string[] Index = ["conn_index"];

    private readonly Lock _lock = new();
    private readonly Dictionary<byte, Tracked> _tracked = [];
    private readonly Counter _dialled;
    private readonly Counter _closed;
    private readonly Counter _sentBytes;
    private readonly Counter _receivedBytes;
    private readonly Gauge _minRtt;
    private readonly Gauge _latestRtt;
    private readonly Gauge _smoothedRtt;
    private readonly Gauge _mtu;
    private readonly Gauge _maxPayload;
    private readonly Gauge _window;
    private readonly Gauge _congestion;
    private readonly Counter _dropped;

    internal QuicMetrics(CollectorRegistry registry)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        var hidden = new CounterConfiguration { SuppressInitialValue = true };
        _dialled = create.CreateCounter("quic_client_total_connections", "QUIC dials that were started.", hidden);
        _closed = create.CreateCounter("quic_client_closed_connections", "QUIC dials and connections that have ended.", hidden);
        _sentBytes = create.CreateCounter("quic_client_sent_bytes", "Bytes of packets sent to the edge.", Index);
        _receivedBytes = create.CreateCounter("quic_client_receive_bytes", "Bytes of packets received from the edge.", Index);
        _minRtt = create.CreateGauge("quic_client_min_rtt", "Least round-trip time in milliseconds.", Index);
        _latestRtt = create.CreateGauge("quic_client_latest_rtt", "Latest round-trip time in milliseconds.", Index);
        _smoothedRtt = create.CreateGauge("quic_client_smoothed_rtt", "Smoothed round-trip time in milliseconds.", Index);
        _mtu = create.CreateGauge("quic_client_mtu", "Largest packet that the path is known to carry, in bytes.", Index);
        _window = create.CreateGauge("quic_client_congestion_window", "Congestion window in bytes.", Index);
        _maxPayload = create.CreateGauge("quic_client_max_udp_payload", "Largest packet that the edge takes, in bytes.", Index);
        _congestion = create.CreateGauge(
            "quic_client_congestion_state", "0 in slow start, 1 in congestion avoidance, -1 while it is not known.", Index);
        _dropped = create.CreateCounter(
            "culvert_quic_datagrams_dropped_total",
            "Datagrams that found a full queue of their connection, or no longer fitted the path.",
            "conn_index", "direction");
        registry.AddBeforeCollectCallback(Show);
    }

    /// <summary>A dial begins; one call of <see cref="Ended"/> follows.</summary>
    public void Dialled()
    {
        _dialled.Inc();
        _closed.Publish();
    }

    /// <summary>A dial has failed, or its connection has ended.</summary>
    public void Ended() => _closed.Inc();

    /// <summary>Shows a connection until the result is disposed of; counters of an index go on with its next one.</summary>
    /// <returns>Null where there is nothing to show.</returns>
    public IDisposable? Watch(EdgeConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection is IQuicStatisticsSource { Statistics: not null } source ? Watch(connection.Index, source) : null;
    }

    internal IDisposable Watch(byte index, IQuicStatisticsSource source)
    {
        lock (_lock)
        {
            if (!_tracked.TryGetValue(index, out var tracked))
            {
                _tracked.Add(index, tracked = new Tracked());
            }

            tracked.Source = source;
            return new Watching(this, tracked, source);
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            foreach (var (index, tracked) in _tracked)
            {
                Show(index.ToString(CultureInfo.InvariantCulture), tracked);
            }
        }
    }

    private void Show(string index, Tracked tracked)
    {
        var now = tracked.Now();
        _sentBytes.WithLabels(index).IncTo(tracked.Before.Sent + now.BytesSent);
        _receivedBytes.WithLabels(index).IncTo(tracked.Before.Received + now.BytesReceived);
        _dropped.WithLabels(index, "send").IncTo(tracked.Before.DroppedSending + now.DatagramsDroppedSending);
        _dropped.WithLabels(index, "receive").IncTo(tracked.Before.DroppedReceiving + now.DatagramsDroppedReceiving);
        if (tracked.Source is not null)
        {
            _minRtt.WithLabels(index).Set(Math.Floor(now.MinRtt.TotalMilliseconds));
            _latestRtt.WithLabels(index).Set(Math.Floor(now.LatestRtt.TotalMilliseconds));
            _smoothedRtt.WithLabels(index).Set(Math.Floor(now.SmoothedRtt.TotalMilliseconds));
            _mtu.WithLabels(index).Set(now.PathMtu);
            _maxPayload.WithLabels(index).Set(now.PeerMaxUdpPayload);
            _window.WithLabels(index).Set(now.CongestionWindow);
            _congestion.WithLabels(index).Set(
                now.CongestionWindow == 0 ? UnknownState : now.CongestionWindow < now.SlowStartThreshold ? SlowStart : Avoidance);
        }
    }

    private void Stop(Tracked tracked, IQuicStatisticsSource source)
    {
        lock (_lock)
        {
            if (tracked.Source == source)
            {
                var last = tracked.Now();
                tracked.Source = null;
                var before = tracked.Before;
                tracked.Before = (before.Sent + last.BytesSent, before.Received + last.BytesReceived,
                    before.DroppedSending + last.DatagramsDroppedSending,
                    before.DroppedReceiving + last.DatagramsDroppedReceiving);
            }
        }
    }

    private sealed class Tracked
    {
        public IQuicStatisticsSource? Source { get; set; }

        public (long Sent, long Received, long DroppedSending, long DroppedReceiving) Before { get; set; }

        public QuicStatistics Now() => Source?.Statistics ?? default;
    }

    private sealed class Watching(QuicMetrics metrics, Tracked tracked, IQuicStatisticsSource source) : IDisposable
    {
        public void Dispose() => metrics.Stop(tracked, source);
    }
}
