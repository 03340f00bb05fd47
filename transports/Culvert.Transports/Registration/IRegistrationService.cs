namespace Culvert.Transports.Registration;

/// <summary>
/// What an edge does for one connection's control stream. One instance serves one connection. A method that throws answers its
/// call with an RPC exception of the same text; refusing a registration is a <see cref="RegistrationError"/> instead.
/// </summary>
public interface IRegistrationService
{
    /// <summary>Registers the connection.</summary>
    /// <param name="request">Who wants to serve what; decoded, but not verified.</param>
    /// <param name="cancellationToken">Cancelled when the connector gave up or its stream ended.</param>
    /// <returns>Acceptance or refusal.</returns>
    ValueTask<RegistrationResult> RegisterConnectionAsync(RegistrationRequest request, CancellationToken cancellationToken);

    /// <summary>The connector shuts down gracefully: no new requests, but running ones may end.</summary>
    /// <param name="cancellationToken">Cancelled when the connector gave up or its stream ended.</param>
    /// <returns>A task.</returns>
    ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken);

    /// <summary>The connector tells which configuration it runs with.</summary>
    /// <param name="json">UTF-8 JSON, not validated; the receiver's to keep.</param>
    /// <param name="cancellationToken">Cancelled when the connector gave up or its stream ended.</param>
    /// <returns>A task.</returns>
    ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken);
}
