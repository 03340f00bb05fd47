namespace Culvert.Edge.Tunnels;

/// <summary>What the connectors of a tunnel have to run (ingress-and-config, section 6.5). Immutable.</summary>
/// <param name="Version">A connector takes a configuration whose version is above that of its own; 0 or more.</param>
/// <param name="Json">UTF-8 JSON with <c>ingress</c>, <c>originRequest</c> and <c>warp-routing</c>.</param>
public sealed record TunnelConfiguration(int Version, ReadOnlyMemory<byte> Json)
{
    private static readonly DateTimeOffset FirstVersion = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Version of a configuration that was written at a certain time: seconds since 2020, until 2088. So an edge node that starts
    /// again, or another one with the same file, gives the same version, and needs to remember none.
    /// </summary>
    public static int VersionAt(DateTimeOffset written) =>
        (int)Math.Clamp((written - FirstVersion).Ticks / TimeSpan.TicksPerSecond, 0, int.MaxValue);
}
