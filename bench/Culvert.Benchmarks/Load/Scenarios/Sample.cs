namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>One measured run of a scenario against one connector.</summary>
/// <param name="Units">Requests, MiB or sockets, whichever the scenario counts.</param>
/// <param name="Failures">Requests that failed; they are not among the units.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Latencies">Milliseconds of each request, shortest first; empty where they mean nothing.</param>
/// <param name="Connector">What the connector used.</param>
/// <param name="Edge">What the edge node used.</param>
/// <param name="ConnectorRented">What the connector had taken from its pools and not given back when the load was over,
/// more than before
/// it; null when it does not say.</param>
/// <param name="EdgeRented">The same of the edge node.</param>
internal sealed record Sample(
    double Units, long Failures, double Seconds, double[] Latencies, Usage Connector, Usage Edge,
        long? ConnectorRented, long? EdgeRented);
