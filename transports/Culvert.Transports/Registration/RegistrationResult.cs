namespace Culvert.Transports.Registration;

/// <summary>The answer to a registration: <see cref="ConnectionDetails"/> or <see cref="RegistrationError"/>.</summary>
public abstract record RegistrationResult
{
    private protected RegistrationResult()
    {
    }
}

/// <summary>The connection is registered.</summary>
/// <param name="ConnectionId">The edge's id for the connection.</param>
/// <param name="LocationName">The edge's location, such as LHR; may be empty.</param>
/// <param name="TunnelIsRemotelyManaged">Whether the edge will send the configuration.</param>
public sealed record ConnectionDetails(Guid ConnectionId, string LocationName, bool TunnelIsRemotelyManaged) : RegistrationResult;

/// <summary>The registration is refused.</summary>
/// <param name="Cause">
/// Why, for people, apart from two texts that connectors know: exactly <see cref="Duplicate"/>, and anything that contains
/// <see cref="Unauthorized"/>.
/// </param>
/// <param name="RetryAfter">When to come back; the reference decodes it and does not wait for it.</param>
/// <param name="ShouldRetry">Whether coming back may help.</param>
public sealed record RegistrationError(string Cause, TimeSpan RetryAfter, bool ShouldRetry) : RegistrationResult
{
    /// <summary>The whole cause, when this connector already has a connection to this edge address.</summary>
    public const string Duplicate = "EDUPCONN";

    /// <summary>Part of the cause, when the credentials are not (yet) known.</summary>
    public const string Unauthorized = "Unauthorized";
}
