using System.Net;
using System.Net.Sockets;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>
/// An unprivileged ping socket of Linux: the kernel gives it an echo id of its own and hands it the replies with that id
/// (datagrams, section 7.5).
/// </summary>
internal static class PingSocket
{
    private const string GroupRange = "/proc/sys/net/ipv4/ping_group_range";

    /// <summary>Opens a socket.</summary>
    /// <exception cref="SocketException">The system does not allow it, or the source is not one of its addresses.</exception>
    public static Socket Open(IPAddress source)
    {
        var protocol = source.AddressFamily == AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp;
        var socket = new Socket(source.AddressFamily, SocketType.Dgram, protocol) { Blocking = false };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Why a source cannot be used, in one line; null when it can.</summary>
    public static string? Test(IPAddress source)
    {
        try
        {
            Open(source).Dispose();
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AccessDenied && GroupsAllowed() is { } range
                ? $"no group of this user is among the groups {range} that may ping ({GroupRange})" : $"{source}: {e.Message}";
        }
    }

    private static string? GroupsAllowed()
    {
        try
        {
            return string.Join(" to ", File.ReadAllText(GroupRange).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
