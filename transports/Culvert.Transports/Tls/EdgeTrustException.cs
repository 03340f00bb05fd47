namespace Culvert.Transports.Tls;

/// <summary>A file of trusted certificates cannot be used; the text names the file and the cause.</summary>
public sealed class EdgeTrustException : Exception
{
    /// <summary>Creates the exception.</summary>
    public EdgeTrustException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
