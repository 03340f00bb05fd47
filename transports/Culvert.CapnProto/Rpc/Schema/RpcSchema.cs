namespace Culvert.CapnProto.Rpc.Schema;

/// <summary>
/// Numbers of rpc.capnp (file id 0xb312981b2552a250) that belong to no view in this folder. Every other file here is one struct
/// with the schema's name and id: the struct is a view for reading, its nested Builder a view for writing.
/// </summary>
internal static class RpcSchema
{
    public const ulong FileId = 0xb312981b2552a250;

    // Level 3 and 4 of the protocol, which this library answers with Unimplemented and therefore never looks into.
    public const ulong ProvideId = 0x9c6a046bfbc1ac5a;
    public const ulong AcceptId = 0xd4c9b56290554016;
    public const ulong JoinId = 0xfbe1980490e001af;
    public const ulong ThirdPartyCapDescriptorId = 0xd37007fde1f0027d;
}
