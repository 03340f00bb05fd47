using System.Net.Sockets;
using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.PrivateNetworks;

/// <summary>
/// A test of ICMP errors to clients; skipped, with the reason, without QUIC or where the user may open no raw socket.
/// </summary>
public sealed class IcmpErrorTheoryAttribute : TheoryAttribute
{
    public IcmpErrorTheoryAttribute()
    {
        if (!QuicRuntime.IsSupported(out var reason))
        {
            Skip = reason;
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw);
        }
        catch (SocketException e)
        {
            Skip = $"raw sockets: {e.Message}";
        }
    }
}
