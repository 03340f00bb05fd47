using System.Net.Sockets;

namespace Culvert.Transports.Quic.Loop;

/// <summary>The platform's socket error for the errno values that opening a UDP socket can meet.</summary>
internal static class SocketErrors
{
    public static int FromErrno(int error) => (int)(error switch
    {
        13 or 1 => SocketError.AccessDenied,
        98 => SocketError.AddressAlreadyInUse,
        99 => SocketError.AddressNotAvailable,
        97 => SocketError.AddressFamilyNotSupported,
        101 => SocketError.NetworkUnreachable,
        113 => SocketError.HostUnreachable,
        24 or 23 => SocketError.TooManyOpenSockets,
        _ => SocketError.SocketError,
    });
}
