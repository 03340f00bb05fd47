using Culvert.PerfGate.Callgrind;

namespace Culvert.PerfGate.Tests.Callgrind;

public class CallgrindFileTests
{
    private const string File = """
        version: 1
        positions: instr line
        events: Ir Dr Dw I1mr
        summary: 900 30 20 1

        ob=/lib/libc.so.6
        fl=???
        fn=__memmove_avx_unaligned_erms
        0x1000 0 5 0 5 0
        0x1010 0 7 7
        calls=3 0x2000 0
        0x1020 0 100 0 99 0
        0x1020 0 2 0 2

        fn=other
        0x3000 0 9 0 9
        ob=/app/program
        fn=S_P_CoreLib_System_SpanHelpers__Memmove
        0x1000 0 4 0 4
        fn=__memmove_avx_unaligned_erms
        ob=/lib/libc.so.6
        0x1000 0 1 0 1
        """;

    [Fact]
    public void The_total_is_the_first_event_of_the_summary() => Assert.Equal(900, CallgrindFile.Total(File.Split('\n')));

    [Fact]
    public void A_file_without_totals_has_counted_nothing() => Assert.Equal(0, CallgrindFile.Total(["version: 1"]));

    [Fact]
    public void Counts_are_of_the_functions_asked_for_and_not_of_what_they_call()
    {
        var counts = CallgrindFile.Instructions(File.Split('\n'), name => name.Contains("emmove", StringComparison.Ordinal));

        Assert.Equal(
            [
                new InstructionCount("/lib/libc.so.6", 0x1000, 6),
                new InstructionCount("/lib/libc.so.6", 0x1010, 7),
                new InstructionCount("/lib/libc.so.6", 0x1020, 2),
                new InstructionCount("/app/program", 0x1000, 4),
            ],
            counts);
    }

    [Fact]
    public void Without_instructions_there_is_nothing_to_say() => Assert.Throws<GateException>(
        () => CallgrindFile.Instructions(["events: Dw", "fn=memmove", "0x10 0 5"], _ => true));
}
