namespace Culvert.Transports.Schema;

/// <summary>
/// Ids of tunnelrpc.capnp that no release in use calls. They are listed so that nothing new takes them; a call is answered with
/// "method not implemented" like any other unknown one.
/// </summary>
internal static class LegacyIds
{
    public const ulong Authentication = 0xc082ef6e0d42ed1d;
    public const ulong TunnelRegistration = 0xf41a0f001ad49e46;
    public const ulong RegistrationOptions = 0xc793e50592935b4a;
    public const ulong ExistingTunnelPolicy = 0x84cb9536a2cf6d3c;
    public const ulong ServerInfo = 0xf2c68e2547ec3866;
    public const ulong AuthenticateResponse = 0x82c325a07ad22a65;
    public const ulong Tag = 0xcbd96442ae3bb01a;
}
