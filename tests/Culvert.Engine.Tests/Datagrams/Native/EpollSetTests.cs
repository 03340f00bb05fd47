using Culvert.Engine.Datagrams.Native;

namespace Culvert.Engine.Tests.Datagrams.Native;

public sealed class EpollSetTests
{
    private const int Sets = 500;

    [Fact]
    public void ADisposedSetKeepsNoDescriptor_AndMayBeWoken()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Not one of them waits for the garbage collector. Other tests have descriptors of their own meanwhile.
        var before = Descriptors();
        var sets = new List<EpollSet>();
        for (var i = 0; i < Sets; i++)
        {
            var set = new EpollSet();
            set.Wake();
            set.Dispose();
            set.Wake();
            sets.Add(set);
        }

        Assert.InRange(Descriptors(), 0, before + (Sets / 2));
        GC.KeepAlive(sets);
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
