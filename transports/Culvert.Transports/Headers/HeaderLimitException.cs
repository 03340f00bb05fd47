namespace Culvert.Transports.Headers;

/// <summary>A peer sent a header block larger than a <see cref="HeaderList"/> may hold.</summary>
public sealed class HeaderLimitException : Exception
{
    /// <summary>Creates the exception with a text that names the limit.</summary>
    public HeaderLimitException(string message)
        : base(message)
    {
    }
}
