namespace Culvert.Transports.Sockets;

/// <summary>What the sockets' failures look like to who uses a connection.</summary>
public static class SocketFailure
{
    /// <summary>The failure of a receive or send; one that comes of the connection's being closed at this end too.</summary>
    public static IOException Of(Exception failure) => failure switch
    {
        IOException e => e,
        ObjectDisposedException => new IOException("the connection was closed", failure),
        _ => new IOException(failure.Message, failure),
    };
}
