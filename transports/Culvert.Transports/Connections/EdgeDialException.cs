namespace Culvert.Transports.Connections;

/// <summary>An edge node could not be reached or did not prove itself; another address may.</summary>
public sealed class EdgeDialException : IOException
{
    /// <summary>Creates the exception; the text names the step, the address and the cause.</summary>
    public EdgeDialException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
