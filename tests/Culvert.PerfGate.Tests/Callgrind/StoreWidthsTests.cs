using Culvert.PerfGate.Callgrind;

namespace Culvert.PerfGate.Tests.Callgrind;

public class StoreWidthsTests
{
    [Theory]
    [InlineData("  10:\tvmovdqu %ymm0,(%rdi)", 32)]
    [InlineData("  10:\tmovups %xmm4,-0x10(%rdi,%rdx,1)", 16)]
    [InlineData("  10:\tvmovdqu64 %zmm16,0x40(%rdi)", 64)]
    [InlineData("  10:\tmov    %rcx,-0x8(%rdi,%rdx,1)", 8)]
    [InlineData("  10:\tmov    %r8,(%rdi)", 8)]
    [InlineData("  10:\tmov    %r8d,(%rdi)", 4)]
    [InlineData("  10:\tmov    %ecx,(%rdi)", 4)]
    [InlineData("  10:\tmov    %si,(%rdi)", 2)]
    [InlineData("  10:\tmov    %r9w,(%rdi)", 2)]
    [InlineData("  10:\tmov    %cl,(%rdi)", 1)]
    [InlineData("  10:\tmov    %sil,(%rdi)", 1)]
    [InlineData("  10:\trep movsb %ds:(%rsi),%es:(%rdi)", 1)]
    [InlineData("  10:\trep movsq %ds:(%rsi),%es:(%rdi)", 8)]
    public void Stores_have_the_width_of_their_register(string line, int expected)
    {
        var (address, width) = Assert.Single(StoreWidths.Parse([line]));

        Assert.Equal((0x10UL, expected), (address, width));
    }

    [Theory]
    [InlineData("  10:\tvmovdqu (%rsi),%ymm0")]
    [InlineData("  10:\tret")]
    [InlineData("  10:\tcall   *0x1234(%rip)")]
    [InlineData("0000000000001000 <memmove>:")]
    public void Others_have_none(string line) => Assert.Empty(StoreWidths.Parse([line]));
}
