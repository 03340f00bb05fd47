using Culvert.Engine.Flows;
using Culvert.Transports.Streams;
using Prometheus;

namespace Culvert.Engine.Metrics;

/// <summary>
/// What the proxy counts, under the original's names (http2-and-proxy, section 9.3). Counting allocates nothing. Thread-safe.
/// </summary>
public sealed class ProxyMetrics
{
    private const int StatusLimit = 1000;
    private const int SwitchingProtocols = 101;

    private readonly CollectorRegistry _registry;
    private readonly Counter _requests;
    private readonly Gauge _concurrentRequests;
    private readonly Counter _responses;
    private readonly Counter.Child?[] _responsesByStatus = new Counter.Child?[StatusLimit];
    private readonly Counter _requestErrors;
    private readonly Gauge _activeTcp;
    private readonly Counter _tcp;
    private readonly Histogram _connectLatency;
    private readonly Counter _connectErrors;
    private readonly Counter _limitedFlows;

    /// <summary>Creates counters that nobody reads.</summary>
    public ProxyMetrics()
        : this(Prometheus.Metrics.NewCustomRegistry())
    {
    }

    /// <summary>Creates the counters.</summary>
    /// <param name="registry">Where they are read from; one proxy for each.</param>
    public ProxyMetrics(CollectorRegistry registry)
    {
        _registry = registry;
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        _requests = create.CreateCounter(
            "cloudflared_tunnel_total_requests", "Requests that came through the tunnel, of every kind.");
        _concurrentRequests = create.CreateGauge(
            "cloudflared_tunnel_concurrent_requests_per_tunnel", "Requests that are being answered now.");
        _responses = create.CreateCounter(
            "cloudflared_tunnel_response_by_code", "Responses of origins that went through completely, by status.",
            "status_code");
        _requestErrors = create.CreateCounter(
            "cloudflared_tunnel_request_errors", "Requests that failed on the way to the origin or back.");
        _activeTcp = create.CreateGauge("cloudflared_tcp_active_sessions", "Private network TCP streams that are open now.");
        _tcp = create.CreateCounter("cloudflared_tcp_total_sessions", "Private network TCP streams.");
        _connectLatency = create.CreateHistogram(
            "cloudflared_proxy_connect_latency", "Milliseconds until a stream to an origin was connected and acknowledged.",
            new HistogramConfiguration { Buckets = [1, 10, 25, 50, 100, 500, 1000, 5000] });
        _connectErrors = create.CreateCounter(
            "cloudflared_proxy_connect_streams_errors", "Streams to an origin that could not be connected or acknowledged.");
        _limitedFlows = create.CreateCounter(
            "flow_client_registrations_rate_limited_total", "Flows that were refused because too many were active.", "flow_type");
    }

    /// <summary>Counts a request that begins. Every call is followed by one of <see cref="RequestEnded"/>.</summary>
    public void RequestBegan(StreamKind kind)
    {
        _requests.Inc();
        _concurrentRequests.Inc();
        if (kind == StreamKind.Tcp)
        {
            _tcp.Inc();
            _activeTcp.Inc();
        }
    }

    /// <summary>Counts the end of a request, however it ended.</summary>
    public void RequestEnded(StreamKind kind)
    {
        _concurrentRequests.Dec();
        if (kind == StreamKind.Tcp)
        {
            _activeTcp.Dec();
        }
    }

    /// <summary>Counts an origin's response that went through completely. Switched protocols do not count.</summary>
    /// <param name="status">Its status, 100 to 999.</param>
    public void ResponseCompleted(int status)
    {
        if (status is > 0 and < StatusLimit and not SwitchingProtocols)
        {
            // Made once for a status; two threads that make it at the same time get the same one.
            (_responsesByStatus[status] ??= _responses.WithLabels(status.ToString("D", null))).Inc();
        }
    }

    /// <summary>Counts a request that failed, whether the visitor saw it or not.</summary>
    public void RequestFailed() => _requestErrors.Inc();

    /// <summary>Counts a stream to an origin that was connected and acknowledged.</summary>
    /// <param name="latency">Time from the dial to the acknowledgement.</param>
    public void StreamConnected(TimeSpan latency) => _connectLatency.Observe(latency.TotalMilliseconds);

    /// <summary>Counts a stream to an origin that could not be connected or acknowledged.</summary>
    public void StreamFailed() => _connectErrors.Inc();

    /// <summary>Shows the refusals of a limiter; call it once. The limiter counts them.</summary>
    public void Watch(FlowLimiter limiter)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        _registry.AddBeforeCollectCallback(() =>
        {
            Show("tcp", limiter.Refused(FlowKind.Tcp));
            Show("udp", limiter.Refused(FlowKind.Udp));
        });
    }

    private void Show(string type, long refused)
    {
        if (refused > 0)
        {
            _limitedFlows.WithLabels(type).IncTo(refused);
        }
    }
}
