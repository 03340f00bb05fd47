using System.Net.Sockets;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>No connection to an address. The text reads as the original's: <c>dial tcp 127.0.0.1:1: connect: connection
/// refused</c>.</summary>
internal sealed class DialException : IOException
{
    public DialException(string target, SocketError error)
        : base($"dial {target}: {Describe(error)}") => Error = error;

    public DialException(string target, string cause, SocketError error = SocketError.SocketError)
        : base($"dial {target}: {cause}") => Error = error;

    /// <summary>What the system said.</summary>
    public SocketError Error { get; }

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.TimedOut => "i/o timeout",
        SocketError.AddressNotAvailable => "connect: cannot assign requested address",
        SocketError.AccessDenied => "connect: permission denied",
        _ => $"connect: {new SocketException((int)error).Message}",
    };
}
