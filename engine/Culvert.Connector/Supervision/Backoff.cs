namespace Culvert.Connector.Supervision;

/// <summary>
/// Random waits between attempts: before retry n somewhere in [0, base x 2^n), n capped (quic-and-rpc, section 1.9), and never
/// longer than a limit, so that nobody waits much longer than the cause.
/// </summary>
/// <param name="maxExponent">Largest n, and the most retries that are reported.</param>
/// <param name="unit">The base.</param>
/// <param name="longest">The limit.</param>
/// <param name="random">Draws the waits.</param>
internal sealed class Backoff(int maxExponent, TimeSpan unit, TimeSpan longest, Random random)
{
    /// <summary>Retries since the last success, capped at the largest exponent.</summary>
    public int Retries { get; private set; }

    /// <summary>Upper bound of the next wait.</summary>
    public TimeSpan NextLimit =>
        TimeSpan.FromTicks(Math.Min((unit * Math.Pow(2, Math.Min(Retries + 1, maxExponent))).Ticks, longest.Ticks));

    /// <summary>Counts a retry and draws its wait.</summary>
    public TimeSpan Next()
    {
        var wait = NextLimit * random.NextDouble();
        Retries = Math.Min(Retries + 1, maxExponent);
        return wait;
    }

    /// <summary>Forgets the retries after a success.</summary>
    public void Reset() => Retries = 0;
}
