namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>How much load a run gets.</summary>
/// <param name="Time">Longest time of a round of small requests.</param>
/// <param name="Requests">Most requests of such a round.</param>
/// <param name="Mebibytes">Size of a large body.</param>
/// <param name="Rounds">Rounds of each scenario and connector; interleaved A B B A when there are two.</param>
/// <param name="CountCalls">Whether system calls are counted, in a short run of their own.</param>
internal sealed record LoadSettings(TimeSpan Time, long Requests, long Mebibytes, int Rounds, bool CountCalls);
