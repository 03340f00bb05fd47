using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Prometheus;

namespace Culvert.Connector.Metrics;

/// <summary>
/// What only this connector can tell, under names that begin with <c>culvert_</c>: how full its queues are, how many datagrams a
/// system call carries, and what the runtime does. Read when somebody asks; costs nothing before. Thread-safe.
/// </summary>
internal static class EngineMetrics
{
    /// <summary>Shows what the whole process counts; call it once.</summary>
    public static void AddProcess(CollectorRegistry registry)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        var sendCalls = create.CreateCounter("culvert_udp_send_calls_total", "System calls that sent QUIC packets.");
        var sent = create.CreateCounter("culvert_udp_sent_datagrams_total", "UDP datagrams sent by them.");
        var receiveCalls = create.CreateCounter(
            "culvert_udp_receive_calls_total", "System calls that received QUIC packets, or found none.");
        var received = create.CreateCounter("culvert_udp_received_datagrams_total", "UDP datagrams received by them.");
        var threads = create.CreateGauge("culvert_runtime_pool_threads", "Threads of the pool.");
        var pending = create.CreateGauge("culvert_runtime_pool_pending", "Work that waits for a thread of the pool.");
        var pauses = create.CreateCounter(
            "culvert_runtime_gc_pause_seconds_total", "Time in which garbage collection held everything up.");
        var allocated = create.CreateCounter("culvert_runtime_allocated_bytes_total", "Bytes allocated.");
        var heap = create.CreateGauge("culvert_runtime_heap_committed_bytes", "Memory that the heap holds.");
        var contentions = create.CreateCounter("culvert_runtime_lock_contentions_total", "Locks that had to be waited for.");
        registry.AddBeforeCollectCallback(() =>
        {
            var udp = UdpTraffic.Now();
            sendCalls.IncTo(udp.SendCalls);
            sent.IncTo(udp.DatagramsSent);
            receiveCalls.IncTo(udp.ReceiveCalls);
            received.IncTo(udp.DatagramsReceived);
            threads.Set(ThreadPool.ThreadCount);
            pending.Set(ThreadPool.PendingWorkItemCount);
            pauses.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
            allocated.IncTo(GC.GetTotalAllocatedBytes());
            heap.Set(GC.GetGCMemoryInfo().TotalCommittedBytes);
            contentions.IncTo(Monitor.LockContentionCount);
        });
    }

    /// <summary>Shows how many requests are under way, and how many may be; call it once.</summary>
    public static void AddRequests(CollectorRegistry registry, StreamSlots slots, Func<int> replacedConfigurations)
    {
        var create = Prometheus.Metrics.WithCustomRegistry(registry);
        var taken = create.CreateGauge("culvert_request_slots_taken", "Requests under way, and connections that wait for one.");
        var capacity = create.CreateGauge("culvert_request_slots", "Requests that may be under way.");
        var replaced = create.CreateGauge("culvert_replaced_configurations", "Old configurations that requests still run on.");
        registry.AddBeforeCollectCallback(() =>
        {
            taken.Set(slots.Taken);
            capacity.Set(slots.Capacity);
            replaced.Set(replacedConfigurations());
        });
    }

    /// <summary>Shows how many log events were not written; call it once.</summary>
    public static void AddLog(CollectorRegistry registry, Func<long> dropped)
    {
        var counter = Prometheus.Metrics.WithCustomRegistry(registry).CreateCounter(
            "culvert_log_dropped_total", "Log events that a console, file or disk was too slow for.");
        registry.AddBeforeCollectCallback(() => counter.IncTo(dropped()));
    }
}
