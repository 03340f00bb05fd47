namespace Culvert.Connector.QuickTunnels;

/// <summary>A quick-tunnel service handed out no tunnel; the text says what it answered.</summary>
public sealed class QuickTunnelException : Exception
{
    /// <summary>Creates the exception.</summary>
    public QuickTunnelException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
