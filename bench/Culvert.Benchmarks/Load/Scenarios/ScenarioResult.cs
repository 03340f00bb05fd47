namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>All rounds of one scenario against one connector.</summary>
/// <param name="Scenario">What was done.</param>
/// <param name="Protocol">quic or http2.</param>
/// <param name="Connector">Name of the connector.</param>
/// <param name="Rounds">The rounds, in the order they ran in; round N of two connectors ran next to each other.</param>
/// <param name="Calls">System calls per unit; null where none were counted.</param>
internal sealed record ScenarioResult(
    Scenario Scenario, string Protocol, string Connector, IReadOnlyList<Sample> Rounds, CallsPerUnit? Calls);

/// <summary>System calls of both processes per unit.</summary>
internal sealed record CallsPerUnit(double Connector, double Edge);
