using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>tunnelrpc.capnp ConnectionError: why a registration is refused.</summary>
internal readonly struct ConnectionError(StructReader fields)
{
    public const ulong TypeId = 0xf5f383d2785edb86;
    public static readonly StructSize Size = new(2, 1);

    public ReadOnlySpan<byte> Cause => fields.GetText(0);

    /// <summary>Nanoseconds.</summary>
    public long RetryAfter => fields.GetInt64(0);

    public bool ShouldRetry => fields.GetBool(64);

    internal readonly struct Builder(StructBuilder fields)
    {
        public long RetryAfter
        {
            set => fields.SetInt64(0, value);
        }

        public bool ShouldRetry
        {
            set => fields.SetBool(64, value);
        }

        public void SetCause(string value) => fields.GetPointer(0).SetText(value);
    }
}
