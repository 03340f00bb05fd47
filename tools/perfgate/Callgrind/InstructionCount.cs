namespace Culvert.PerfGate.Callgrind;

/// <summary>How often one instruction ran.</summary>
/// <param name="Program">File of the program or library.</param>
/// <param name="Address">Where in it the instruction is.</param>
/// <param name="Count">How often; a repeated string instruction counts each element.</param>
public sealed record InstructionCount(string Program, ulong Address, long Count);
