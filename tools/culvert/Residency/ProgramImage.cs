using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Culvert.CommandLine.Residency;

/// <summary>
/// The program's file as it lies in memory. Half of it is read once, at the start, and would stay resident for as long as there
/// is memory to spare. Linux only. Thread-safe.
/// </summary>
internal static unsafe partial class ProgramImage
{
    private const uint Loaded = 1;
    private const uint Writable = 2;
    private const int DontNeed = 4;

    // Bits of an entry of /proc/self/pagemap.
    private const ulong IsPresent = 1UL << 63;
    private const ulong IsOfFile = 1UL << 61;

    /// <summary>
    /// Gives code and constants back to the system. What is used again is mapped again from the page cache when it is touched, at
    /// the cost of a minor fault for each 64 KiB. To be called when the start is over: the runtime writes into its constants
    /// then.
    /// </summary>
    /// <returns>Bytes that were given back; zero where that is not known to be safe.</returns>
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
            *released += Release((nint)start, (nint)(program->Base + segment.Address + segment.SizeInFile - start));
        }

        return 1;
    }

    /// <summary>Gives back those pages of a private mapping of a file that are still as the file has them.</summary>
    /// <param name="start">First byte, of a page of its own.</param>
    /// <param name="length">Bytes.</param>
    /// <returns>Bytes that were given back.</returns>
    internal static long Release(nint start, nint length)
    {
        nint page = Environment.SystemPageSize;
        var pages = new ulong[(length + page - 1) / page];
        try
        {
            using var map = File.OpenHandle("/proc/self/pagemap");
            var bytes = MemoryMarshal.AsBytes(pages.AsSpan());
            if (RandomAccess.Read(map, bytes, start / page * sizeof(ulong)) != bytes.Length)
            {
                return 0;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }

        long released = 0;
        for (var first = 0; first < pages.Length; first++)
        {
            var end = first;
            while (end < pages.Length && (pages[end] & (IsPresent | IsOfFile)) == (IsPresent | IsOfFile))
            {
                end++;
            }

            if (end > first && madvise((void*)(start + (first * page)), (nuint)((end - first) * page), DontNeed) == 0)
            {
                released += (end - first) * page;
            }

            first = end;
        }

        return released;
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
