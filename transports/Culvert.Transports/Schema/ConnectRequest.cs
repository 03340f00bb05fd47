using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>ConnectRequest, from the schema of data streams (file id 0xb29021ef7421cc32).</summary>
internal readonly struct ConnectRequest(StructReader fields)
{
    public const ulong FileId = 0xb29021ef7421cc32;
    public const ulong TypeId = 0xc47116a1045e4061;
    public const ulong ConnectionTypeId = 0xc52e1bac26d379c8;
    public static readonly StructSize Size = new(1, 2);

    public ReadOnlySpan<byte> Dest => fields.GetText(0);

    public ushort Type => fields.GetUInt16(0);

    public ListReader Metadata => fields.GetList(1);
}

/// <summary>ConnectResponse, from the schema of data streams.</summary>
internal readonly struct ConnectResponse(StructReader fields)
{
    public const ulong TypeId = 0xb1032ec91cef8727;
    public static readonly StructSize Size = new(0, 2);

    public ReadOnlySpan<byte> Error => fields.GetText(0);

    public ListReader Metadata => fields.GetList(1);
}

/// <summary>Metadata, from the schema of data streams: a key and a value.</summary>
internal readonly struct Metadata(StructReader fields)
{
    public const ulong TypeId = 0xe1446b97bfd1cd37;
    public static readonly StructSize Size = new(0, 2);

    public ReadOnlySpan<byte> Key => fields.GetText(0);

    public ReadOnlySpan<byte> Val => fields.GetText(1);
}
