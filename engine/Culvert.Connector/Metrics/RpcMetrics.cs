using System.Diagnostics;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>Calls of RPC conversations: how many, how many failed, how long they took. Thread-safe.</summary>
public sealed class RpcMetrics
{
    private static readonly string[] Labels = ["handler", "method"];

    private readonly Calls _made;
    private readonly Calls _served;

    internal RpcMetrics(IMetricFactory create)
    {
        _made = new Calls(create, "client");
        _served = new Calls(create, "server");
    }

    /// <summary>Makes a call to the edge's registration service and counts it.</summary>
    /// <param name="method">The call's name, such as <c>register_connection</c>.</param>
    /// <param name="call">Makes it.</param>
    internal Task<T> RegistrationAsync<T>(string method, Func<Task<T>> call) => _made.CountAsync("registration", method, call);

    /// <summary>The same for a call without a result.</summary>
    /// <param name="method">The call's name.</param>
    /// <param name="call">Makes it.</param>
    internal Task RegistrationAsync(string method, Func<ValueTask> call) =>
        _made.CountAsync("registration", method, WithResult(call));

    /// <summary>Tells the edge of a session's end and counts that.</summary>
    /// <param name="call">Makes the call.</param>
    internal Task UnregisterSessionAsync(Func<ValueTask> call) =>
        _made.CountAsync("session", "unregister_udp_session", WithResult(call));

    /// <summary>Answers a call about a session and counts that. A refusal within the answer is no failure.</summary>
    /// <param name="method">The call's name, such as <c>register_udp_session</c>.</param>
    /// <param name="answer">Answers it.</param>
    internal ValueTask<T> ServeSessionAsync<T>(string method, Func<ValueTask<T>> answer) =>
        new(_served.CountAsync("session", method, () => answer().AsTask()));

    /// <summary>Answers an edge's configuration update and counts it. One that is refused has not failed.</summary>
    /// <param name="call">Answers it.</param>
    internal Task<T> UpdateConfigurationAsync<T>(Func<Task<T>> call) =>
        _served.CountAsync("config", "update_configuration", call);

    private static Func<Task<bool>> WithResult(Func<ValueTask> call) => async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    };

    private sealed class Calls(IMetricFactory create, string side)
    {
        private readonly Counter _operations = create.CreateCounter($"cloudflared_rpc_{side}_operations", "RPC calls.", Labels);
        private readonly Counter _failures =
            create.CreateCounter($"cloudflared_rpc_{side}_failures", "RPC calls that failed.", Labels);

        private readonly Histogram _latency = create.CreateHistogram(
            $"cloudflared_rpc_{side}_latency_secs", "Seconds until an RPC call was answered.", Labels,
            new HistogramConfiguration { Buckets = [0.05, 0.15, 0.45, 1.35, 4.05] });

        public async Task<T> CountAsync<T>(string handler, string method, Func<Task<T>> call)
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
    }
}
