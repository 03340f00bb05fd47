namespace Culvert.Connector.EdgeAddresses;

/// <summary>One answer to a question for a service (RFC 2782).</summary>
/// <param name="Priority">Lower ones come first.</param>
/// <param name="Weight">Share among those of one priority.</param>
/// <param name="Port">UDP and TCP port.</param>
/// <param name="Target">Host name, with or without the dot at its end.</param>
internal sealed record SrvRecord(ushort Priority, ushort Weight, ushort Port, string Target)
{
    /// <summary>By priority, and in each priority drawn by weight.</summary>
    public static IReadOnlyList<SrvRecord> Order(IEnumerable<SrvRecord> records, Random random)
    {
        var ordered = new List<SrvRecord>();
        foreach (var group in records.GroupBy(record => record.Priority).OrderBy(group => group.Key))
        {
            // Those of no weight first: they are drawn only when the lot is 0.
            var left = group.OrderBy(record => record.Weight > 0).ThenBy(_ => random.Next()).ToList();
            while (left.Count > 0)
            {
                var lot = random.Next(left.Sum(record => record.Weight) + 1);
                var drawn = left.FindIndex(record => (lot -= record.Weight) <= 0);
                ordered.Add(left[drawn]);
                left.RemoveAt(drawn);
            }
        }

        return ordered;
    }
}
