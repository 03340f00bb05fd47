using Culvert.Connector.Metrics;

namespace Culvert.Connector.Diagnostics;

/// <summary>
/// The answer of <c>/diag/runtime</c>: memory and threads of the process, in place of the original's profiles of another runtime.
/// </summary>
internal static class RuntimeReport
{
    /// <summary>Writes what the runtime knows of itself; sizes are in bytes.</summary>
    public static byte[] Write() => JsonObject.Write(json =>
    {
        var memory = GC.GetGCMemoryInfo();
        json.WriteString("runtime", $"dotnet{Environment.Version}");
        json.WriteNumber("workingSet", Environment.WorkingSet);
        json.WriteNumber("heapSize", memory.HeapSizeBytes);
        json.WriteNumber("heapFragmented", memory.FragmentedBytes);
        json.WriteNumber("heapCommitted", memory.TotalCommittedBytes);
        json.WriteNumber("heapLimit", memory.TotalAvailableMemoryBytes);
        json.WriteNumber("allocated", GC.GetTotalAllocatedBytes());
        json.WriteNumber("pauseMilliseconds", GC.GetTotalPauseDuration().TotalMilliseconds);
        json.WriteStartArray("collections");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            json.WriteNumberValue(GC.CollectionCount(generation));
        }

        json.WriteEndArray();
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteNumber("poolThreads", ThreadPool.ThreadCount);
        json.WriteNumber("poolPending", ThreadPool.PendingWorkItemCount);
        json.WriteNumber("poolCompleted", ThreadPool.CompletedWorkItemCount);
        json.WriteNumber("lockContentions", Monitor.LockContentionCount);
        json.WriteNumber("timers", Timer.ActiveCount);
    });
}
