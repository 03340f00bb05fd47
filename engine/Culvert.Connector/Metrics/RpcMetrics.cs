using System.Diagnostics;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>Calls of RPC conversations: how many, how many failed, how long they took. Thread-safe.</summary>
public sealed class RpcMetrics
{
    private const string RegistrationHandler = "registration";
    private const string SessionHandler = "session";

    private static readonly double[] Seconds = [0.05, 0.15, 0.45, 1.35, 4.05];

    private readonly Counter _served;
    private readonly Counter _servedFailures;
    private readonly Histogram _servedLatency;
    private readonly Counter _operations;
    private readonly Counter _failures;
    private readonly Histogram _latency;

    internal RpcMetrics(IMetricFactory create)
    {
        string[] labels = ["handler", "method"];
        _operations = create.CreateCounter("cloudflared_rpc_client_operations", "RPC calls.", labels);
        _failures = create.CreateCounter("cloudflared_rpc_client_failures", "RPC calls that failed.", labels);
        _latency = create.CreateHistogram(
            "cloudflared_rpc_client_latency_secs", "Seconds until an RPC call was answered.", labels,
            new HistogramConfiguration { Buckets = Seconds });
        _served = create.CreateCounter("cloudflared_rpc_server_operations", "RPC calls that were answered.", labels);
        _servedFailures = create.CreateCounter("cloudflared_rpc_server_failures", "RPC calls that were answered with an error.", labels);
        _servedLatency = create.CreateHistogram(
            "cloudflared_rpc_server_latency_secs", "Seconds that an answer to an RPC call took.", labels,
            new HistogramConfiguration { Buckets = Seconds });
    }

    /// <summary>Answers a call about a session and counts that. A refusal within the answer is no failure.</summary>
    /// <param name="method">The call's name, such as <c>register_udp_session</c>.</param>
    /// <param name="answer">Answers it.</param>
    internal async ValueTask<T> ServeSessionAsync<T>(string method, Func<ValueTask<T>> answer)
    {
        _served.WithLabels(SessionHandler, method).Inc();
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await answer().ConfigureAwait(false);
        }
        catch
        {
            _servedFailures.WithLabels(SessionHandler, method).Inc();
            throw;
        }
        finally
        {
            _servedLatency.WithLabels(SessionHandler, method).Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    /// <summary>Makes a call to the edge's registration service and counts it.</summary>
    /// <param name="method">The call's name, such as <c>register_connection</c>.</param>
    /// <param name="call">Makes it.</param>
    internal Task<T> RegistrationAsync<T>(string method, Func<Task<T>> call) => CallAsync(RegistrationHandler, method, call);

    /// <summary>The same for a call without a result.</summary>
    /// <param name="method">The call's name.</param>
    /// <param name="call">Makes it.</param>
    internal Task RegistrationAsync(string method, Func<ValueTask> call) => CallAsync(RegistrationHandler, method, call);

    /// <summary>Tells the edge of a session's end and counts that.</summary>
    /// <param name="call">Makes the call.</param>
    internal Task UnregisterSessionAsync(Func<ValueTask> call) => CallAsync(SessionHandler, "unregister_udp_session", call);

    private async Task<T> CallAsync<T>(string handler, string method, Func<Task<T>> call)
    {
        _operations.WithLabels(handler, method).Inc();
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch
        {
            _failures.WithLabels(handler, method).Inc();
            throw;
        }
        finally
        {
            _latency.WithLabels(handler, method).Observe(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    private Task<bool> CallAsync(string handler, string method, Func<ValueTask> call) => CallAsync(handler, method, async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    });
}
