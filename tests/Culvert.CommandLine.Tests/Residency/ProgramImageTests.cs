using System.IO.MemoryMappedFiles;
using Culvert.CommandLine.Residency;

namespace Culvert.CommandLine.Tests.Residency;

public sealed class ProgramImageTests
{
    private const int Pages = 64;

    [Fact]
    public void GivesTheProgramBackAndItRunsOn()
    {
        // Segments begin and end within pages.
        var most = (2 * new FileInfo(Environment.ProcessPath!).Length) + Environment.SystemPageSize;
        var released = ProgramImage.Release();
        Assert.InRange(released, OperatingSystem.IsLinux() ? Environment.SystemPageSize : 0, most);
        Assert.InRange(ProgramImage.Release(), 0, most);
    }

    [Fact]
    public void WhatWasWrittenStays()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var size = Environment.SystemPageSize;
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[Pages * size]);
            using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.CopyOnWrite);
            using var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.CopyOnWrite);
            for (var page = 0; page < Pages; page++)
            {
                Assert.Equal(0, view.ReadByte(page * size));
            }

            // As the runtime does with a page of its constants.
            view.Write(7 * size, 42);
            Assert.Equal(
                (Pages - 1) * size, ProgramImage.Release(view.SafeMemoryMappedViewHandle.DangerousGetHandle(), Pages * size));
            Assert.Equal(42, view.ReadInt32(7 * size));
            Assert.Equal(0, view.ReadInt32(8 * size));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
