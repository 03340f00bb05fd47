namespace Culvert.Transports.Credentials;

/// <summary>A token or credentials file is not usable; the text says why.</summary>
public sealed class CredentialsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public CredentialsException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
