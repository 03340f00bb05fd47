using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters of ConfigurationManager.updateConfiguration.</summary>
internal readonly struct UpdateConfigurationParams(StructReader fields)
{
    public const ulong TypeId = 0xb177ca2526a3ca76;
    public static readonly StructSize Size = new(1, 1);

    public int Version => fields.GetInt32(0);

    public ReadOnlySpan<byte> Config => fields.GetData(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public int Version
        {
            set => fields.SetInt32(0, value);
        }

        public void SetConfig(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);
    }
}

/// <summary>The results of ConfigurationManager.updateConfiguration.</summary>
internal readonly struct UpdateConfigurationResults(StructReader fields)
{
    public const ulong TypeId = 0x958096448eb3373e;
    public static readonly StructSize Size = new(0, 1);

    public UpdateConfigurationResponse Result => new(fields.GetStruct(0));

    internal readonly struct Builder(StructBuilder fields)
    {
        public UpdateConfigurationResponse.Builder InitResult() =>
            new(fields.GetPointer(0).InitStruct(UpdateConfigurationResponse.Size));
    }
}

/// <summary>tunnelrpc.capnp UpdateConfigurationResponse.</summary>
internal readonly struct UpdateConfigurationResponse(StructReader fields)
{
    public const ulong TypeId = 0xdb58ff694ba05cf9;
    public static readonly StructSize Size = new(1, 1);

    public int LatestAppliedVersion => fields.GetInt32(0);

    public ReadOnlySpan<byte> Err => fields.GetText(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public int LatestAppliedVersion
        {
            set => fields.SetInt32(0, value);
        }

        public void SetErr(string value) => fields.GetPointer(0).SetText(value);
    }
}
