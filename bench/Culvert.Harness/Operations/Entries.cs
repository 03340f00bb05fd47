using System.Runtime.CompilerServices;
using Culvert.Transports.DataStreams;

namespace Culvert.Harness.Operations;

/// <summary>Reads every entry of a head, as its users do.</summary>
internal static class Entries
{
    private static int _bytes;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Touch(MetadataList metadata)
    {
        foreach (var (key, value) in metadata)
        {
            // Stored, or the compiler could leave the reading out.
            _bytes = key.Length + value.Length;
        }
    }
}
