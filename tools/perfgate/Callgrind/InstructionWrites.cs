namespace Culvert.PerfGate.Callgrind;

/// <summary>How often one instruction has written to memory.</summary>
/// <param name="Program">File of the program or library.</param>
/// <param name="Address">Where in it the instruction is.</param>
/// <param name="Count">How many writes.</param>
public sealed record InstructionWrites(string Program, ulong Address, long Count);
