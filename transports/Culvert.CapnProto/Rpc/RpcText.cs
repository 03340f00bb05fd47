using System.Text;

namespace Culvert.CapnProto.Rpc;

/// <summary>Reasons of exceptions, which may be of any length on the way in and out.</summary>
internal static class RpcText
{
    // A reason is for people; one of megabytes would only be kept alive in logs.
    private const int Largest = 4096;

    public static string Read(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, Largest)]);

    public static string Shorten(string text) => text.Length <= Largest ? text : text[..Largest];
}
