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
        if (values.Count == 0)
        {
            return new Interval(double.NaN, double.NaN, double.NaN);
        }

#pragma warning disable CA5394 // Not a secret: reproducible on purpose.
        var random = new Random(Seed);
        var medians = new double[Resamples];
        var draw = new double[values.Count];
        for (var i = 0; i < Resamples; i++)
        {
            for (var k = 0; k < draw.Length; k++)
            {
                draw[k] = values[random.Next(values.Count)];
            }

            medians[i] = Quantile.Median(draw);
        }
#pragma warning restore CA5394

        Array.Sort(medians);
        return new Interval(Quantile.Median(values), Quantile.Of(medians, Tail), Quantile.Of(medians, 1 - Tail));
    }

    /// <summary>
    /// The same of values that come in groups, where what a group has in common differs from group to group by chance: draws
    /// groups, and then values of each. Groups that disagree make it wide, however many values they have.
    /// </summary>
    public static Interval OfGroups(IReadOnlyList<IReadOnlyList<double>> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var all = groups.SelectMany(group => group).ToArray();
        if (all.Length == 0)
        {
            return new Interval(double.NaN, double.NaN, double.NaN);
        }

#pragma warning disable CA5394 // Not a secret: reproducible on purpose.
        var random = new Random(Seed);
        var medians = new double[Resamples];
        var draw = new List<double>(all.Length);
        for (var i = 0; i < Resamples; i++)
        {
            draw.Clear();
            for (var k = 0; k < groups.Count; k++)
            {
                var group = groups[random.Next(groups.Count)];
                for (var n = 0; n < group.Count; n++)
                {
                    draw.Add(group[random.Next(group.Count)]);
                }
            }

            medians[i] = Quantile.Median(draw);
        }
#pragma warning restore CA5394

        Array.Sort(medians);
        return new Interval(Quantile.Median(all), Quantile.Of(medians, Tail), Quantile.Of(medians, 1 - Tail));
    }
}
