namespace Culvert.Connector.Supervision;

/// <summary>Random waits between attempts: before retry n somewhere in [0, base x 2^n), n capped (quic-and-rpc, section 1.9).</summary>
internal sealed class Backoff(int maxExponent, TimeSpan unit, Random random)
{
    /// <summary>Retries since the last success, capped at the largest exponent.</summary>
    public int Retries { get; private set; }

    /// <summary>Upper bound of the next wait.</summary>
    public TimeSpan NextLimit => unit * Math.Pow(2, Math.Min(Retries + 1, maxExponent));

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
