using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Culvert.CommandLine.Residency;

/// <summary>
/// The program's file as it lies in memory. Half of it is read once, at the start, and would stay resident for as long as there is
/// memory to spare. Linux only. Thread-safe.
/// </summary>
internal static unsafe partial class ProgramImage
{
    private const uint Loaded = 1;
    private const uint Writable = 2;
    private const int DontNeed = 4;

    /// <summary>
    /// Gives code and constants back to the system. What is used again is mapped again from the page cache when it is touched, at the
    /// cost of a minor fault for each 64 KiB. Only segments that nobody may write are given back: those are as the file has them, where
    /// others hold what the loader has made of them.
    /// </summary>
    /// <returns>Bytes of the segments that were given back; zero on other systems.</returns>
    public static long Release()
    {
        long released = 0;
        if (OperatingSystem.IsLinux() && nint.Size == 8)
        {
            _ = dl_iterate_phdr(&OnObject, &released);
        }

        return released;
    }

    // The first object is the program itself; libraries are left alone.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnObject(LoadedObject* program, nuint size, long* released)
    {
        var page = (nuint)Environment.SystemPageSize;
        for (var i = 0; i < program->SegmentCount; i++)
        {
            ref var segment = ref program->Segments[i];
            if (segment.Type != Loaded || (segment.Flags & Writable) != 0)
            {
                continue;
            }

            var start = (program->Base + segment.Address) & ~(page - 1);
            var length = program->Base + segment.Address + segment.SizeInFile - start;
            if (madvise((void*)start, length, DontNeed) == 0)
            {
                *released += (long)length;
            }
        }

        return 1;
    }

    [LibraryImport("libc")]
    private static partial int dl_iterate_phdr(delegate* unmanaged[Cdecl]<LoadedObject*, nuint, long*, int> callback, long* data);

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);

    /// <summary><c>dl_phdr_info</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LoadedObject
    {
        public nuint Base;
        public byte* Name;
        public Segment* Segments;
        public ushort SegmentCount;
    }

    /// <summary><c>Elf64_Phdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Segment
    {
        public uint Type;
        public uint Flags;
        public nuint Offset;
        public nuint Address;
        public nuint PhysicalAddress;
        public nuint SizeInFile;
        public nuint SizeInMemory;
        public nuint Alignment;
    }
}
