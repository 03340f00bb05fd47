using Culvert.Transports.Registration;

namespace Culvert.Connector.Registration;

/// <summary>An edge node did not register a connection.</summary>
public sealed class RegistrationRefusedException : Exception
{
    /// <summary>Creates the exception for a refusal of the edge.</summary>
    public RegistrationRefusedException(RegistrationError error)
        : base(error?.Cause == RegistrationError.Duplicate
            ? "already connected to this server, trying another address"
            : error?.Cause)
    {
        ArgumentNullException.ThrowIfNull(error);
        IsDuplicate = error.Cause == RegistrationError.Duplicate;
        RetryAfter = error.ShouldRetry && error.RetryAfter > TimeSpan.Zero ? error.RetryAfter : TimeSpan.Zero;
        IsFinal = !IsDuplicate && !error.ShouldRetry && !error.Cause.Contains("Unauthorized", StringComparison.Ordinal);
    }

    /// <summary>Creates the exception for a registration that failed without an answer.</summary>
    public RegistrationRefusedException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Whether this connector has a connection to that node already.</summary>
    public bool IsDuplicate { get; }

    /// <summary>How long the edge wants the connector to wait; zero when it does not say.</summary>
    public TimeSpan RetryAfter { get; }

    /// <summary>Whether trying again is pointless.</summary>
    public bool IsFinal { get; }
}
