namespace Culvert.Transports.Schema;

/// <summary>
/// The interfaces of tunnelrpc.capnp (file id 0xdb8274f9144abc7e) with the ordinals of their methods. A call names the interface
/// that declares the method, never one that inherits it.
/// </summary>
internal static class TunnelRpcSchema
{
    public const ulong FileId = 0xdb8274f9144abc7e;

    /// <summary>Where the reference says that a method is declared; part of its error texts.</summary>
    public const string Path = "tunnelrpc/proto/tunnelrpc.capnp";

    /// <summary>SessionManager and ConfigurationManager together: what a connector offers on edge-opened streams.</summary>
    public const ulong CloudflaredServerId = 0xf548cef9dea2a4a1;

    /// <summary>Legacy: RegistrationServer and methods that are not called any more.</summary>
    public const ulong TunnelServerId = 0xea58385c65416035;
}

/// <summary>RegistrationServer: what an edge offers on the control stream.</summary>
internal static class RegistrationServerInterface
{
    public const ulong Id = 0xf71695ec7fe85497;
    public const ushort RegisterConnection = 0;
    public const ushort UnregisterConnection = 1;
    public const ushort UpdateLocalConfiguration = 2;
}

/// <summary>SessionManager: datagram v2 sessions, offered by both sides.</summary>
internal static class SessionManagerInterface
{
    public const ulong Id = 0x839445a59fb01686;
    public const ushort RegisterUdpSession = 0;
    public const ushort UnregisterUdpSession = 1;
}

/// <summary>ConfigurationManager: what a connector offers for remotely managed tunnels.</summary>
internal static class ConfigurationManagerInterface
{
    public const ulong Id = 0xb48edfbdaa25db04;
    public const ushort UpdateConfiguration = 0;
}
