using Culvert.CapnProto.Rpc;

namespace Culvert.Transports.Schema;

/// <summary>UUIDs as the tunnel protocol has them: 16 bytes in the order of RFC 4122, section 4.1.2, unlike Guid's own.</summary>
internal static class WireUuid
{
    public const int Bytes = 16;

    /// <exception cref="RpcException">There are not 16 bytes; the text is the reference's.</exception>
    public static Guid Read(ReadOnlySpan<byte> bytes) => bytes.Length == Bytes
        ? new Guid(bytes, bigEndian: true)
        : throw new RpcException($"invalid UUID (got {bytes.Length} bytes)");

    public static ReadOnlySpan<byte> Write(Guid value, Span<byte> buffer)
    {
        value.TryWriteBytes(buffer, bigEndian: true, out var written);
        return buffer[..written];
    }
}
