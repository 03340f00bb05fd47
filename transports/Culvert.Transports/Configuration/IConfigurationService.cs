namespace Culvert.Transports.Configuration;

/// <summary>The parameters of updateConfiguration.</summary>
/// <param name="Version">The configuration's version; a connector starts at -1.</param>
/// <param name="Json">UTF-8 JSON with ingress, warp-routing and originRequest; not validated.</param>
public sealed record ConfigurationUpdate(int Version, ReadOnlyMemory<byte> Json);

/// <summary>The results of updateConfiguration.</summary>
/// <param name="LatestAppliedVersion">The version in force after the call.</param>
/// <param name="Error">Why the update was not applied; null or empty if it was, or was not newer.</param>
public sealed record ConfigurationUpdateResult(int LatestAppliedVersion, string? Error);

/// <summary>What a connector does when its edge sends a configuration.</summary>
public interface IConfigurationService
{
    /// <summary>Applies a configuration if it is newer.</summary>
    /// <param name="update">The configuration; the receiver's to keep.</param>
    /// <param name="cancellationToken">Cancelled when the edge gave up or its stream ended.</param>
    /// <returns>What is in force.</returns>
    ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken);
}
