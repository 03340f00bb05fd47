namespace Culvert.PerfGate.Statistics;

/// <summary>An estimate and the range it lies in with a confidence of 95 %.</summary>
/// <param name="Estimate">Median of the sample.</param>
/// <param name="Low">Lower bound.</param>
/// <param name="High">Upper bound.</param>
public readonly record struct Interval(double Estimate, double Low, double High)
{
    private const int Resamples = 2000;
    private const double Tail = 0.025;

    // Fixed, so that the same sample gives the same answer.
    private const int Seed = 20261122;

    /// <summary>
    /// Percentile bootstrap of the median: draws samples of the same size with replacement, takes each one's median, and cuts
    /// 2.5 % off both ends. NaN of no values; of one value, that value three times.
    /// </summary>
    public static Interval OfMedian(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Bootstrap(values, random => [.. values.Select(_ => values[random.Next(values.Count)])]);
    }

    /// <summary>
    /// The same of values that come in groups, where what a group has in common differs from group to group by chance: draws
    /// groups, and then values of each. Groups that disagree make it wide, however many values they have.
    /// </summary>
    public static Interval OfGroups(IReadOnlyList<IReadOnlyList<double>> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var all = groups.SelectMany(group => group).ToArray();
        return Bootstrap(all, random =>
        {
            var drawn = new List<double>(all.Length);
            for (var k = 0; k < groups.Count; k++)
            {
                var group = groups[random.Next(groups.Count)];
                for (var n = 0; n < group.Count; n++)
                {
                    drawn.Add(group[random.Next(group.Count)]);
                }
            }

            return drawn;
        });
    }

    private static Interval Bootstrap(IReadOnlyList<double> values, Func<Random, IReadOnlyList<double>> sample)
    {
        if (values.Count == 0)
        {
            return new Interval(double.NaN, double.NaN, double.NaN);
        }

#pragma warning disable CA5394 // Not a secret: reproducible on purpose.
        var random = new Random(Seed);
#pragma warning restore CA5394
        var medians = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            medians[i] = Quantile.Median(sample(random));
        }

        Array.Sort(medians);
        return new Interval(Quantile.Median(values), Quantile.Of(medians, Tail), Quantile.Of(medians, 1 - Tail));
    }
}
