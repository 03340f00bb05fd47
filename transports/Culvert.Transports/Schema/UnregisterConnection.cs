using Culvert.CapnProto.Messages;

namespace Culvert.Transports.Schema;

/// <summary>The parameters and results of RegistrationServer.unregisterConnection, both without fields.</summary>
internal static class UnregisterConnection
{
    public const ulong ParamsTypeId = 0xf9cb7f4431a307d0;
    public const ulong ResultsTypeId = 0xb046e578094b1ead;
    public static readonly StructSize Size = new(0, 0);
}
