using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters of RegistrationServer.updateLocalConfiguration; its results have no fields.</summary>
internal readonly struct UpdateLocalConfigurationParams(StructReader fields)
{
    public const ulong TypeId = 0xc5d6e311876a3604;
    public const ulong ResultsTypeId = 0xe5ceae5d6897d7be;
    public static readonly StructSize Size = new(0, 1);

    public ReadOnlySpan<byte> Config => fields.GetData(0);

    internal readonly struct Builder(StructBuilder fields)
    {
        public void SetConfig(ReadOnlySpan<byte> value) => fields.GetPointer(0).SetData(value);
    }
}
