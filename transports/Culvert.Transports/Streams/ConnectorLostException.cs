namespace Culvert.Transports.Streams;

/// <summary>A stream to a connector ended before its response was complete.</summary>
public sealed class ConnectorLostException : IOException
{
    /// <summary>Creates the exception.</summary>
    public ConnectorLostException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
