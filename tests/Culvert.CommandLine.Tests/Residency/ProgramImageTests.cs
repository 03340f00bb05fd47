using Culvert.CommandLine.Residency;

namespace Culvert.CommandLine.Tests.Residency;

public sealed class ProgramImageTests
{
    [Fact]
    public void GivesTheProgramBackAndItRunsOn()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Equal(0, ProgramImage.Release());
            return;
        }

        var program = new FileInfo(Environment.ProcessPath!).Length;
        var released = ProgramImage.Release();
        Assert.InRange(released, 4096, program);
        Assert.Equal(released, ProgramImage.Release());
    }
}
