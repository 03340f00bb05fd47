using System.Collections.Frozen;
using System.Text;

namespace Culvert.Ingress.Snapshots;

/// <summary>
/// Finds the first rule that matches, without looking at the others: exact hosts and wildcard suffixes are looked up, and only
/// rules with a path are tried one after another. Immutable and thread-safe.
/// </summary>
internal sealed class RuleTable
{
    private const int None = int.MaxValue;

    private readonly IReadOnlyList<IngressRule> _rules;
    private readonly int[] _anyHost;
    private readonly FrozenDictionary<byte[], HostRules>.AlternateLookup<ReadOnlySpan<byte>> _hosts;
    private readonly FrozenDictionary<byte[], int[]>.AlternateLookup<ReadOnlySpan<byte>> _suffixes;

    // Lengths that a wildcard's suffix has; no other is worth a look.
    private readonly bool[] _suffixLengths;

    public RuleTable(IReadOnlyList<IngressRule> rules)
    {
        _rules = rules;
        var hosts = new Dictionary<byte[], List<int>>(HostComparer.Instance);
        var suffixes = new Dictionary<byte[], List<int>>(HostComparer.Instance);
        var anyHost = new List<int>();
        for (var i = 0; i < rules.Count; i++)
        {
            var hostname = rules[i].Hostname;
            if (hostname is "" or "*")
            {
                anyHost.Add(i);
                continue;
            }

            Add(hosts, hostname, i);
            if (rules[i].AsciiHostname is { } ascii)
            {
                Add(hosts, ascii, i);
            }

            if (hostname.StartsWith("*.", StringComparison.Ordinal))
            {
                Add(suffixes, hostname[1..], i);
            }
        }

        _anyHost = Reachable(anyHost);
        _suffixLengths = new bool[suffixes.Count == 0 ? 0 : suffixes.Keys.Max(suffix => suffix.Length) + 1];
        foreach (var suffix in suffixes.Keys)
        {
            _suffixLengths[suffix.Length] = true;
        }

        _suffixes = suffixes.ToFrozenDictionary(entry => entry.Key, entry => Reachable(entry.Value), HostComparer.Instance)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
        _hosts = hosts.ToFrozenDictionary(entry => entry.Key, entry => Candidates(entry.Key, entry.Value), HostComparer.Instance)
            .GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Index of the first rule that matches, or -1.</summary>
    /// <param name="host">Host without a port.</param>
    /// <param name="path">Percent-encoded path.</param>
    public int Find(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path)
    {
        var best = None;
        if (_hosts.TryGetValue(host, out var exact))
        {
            if (exact.Settled >= 0)
            {
                return exact.Settled;
            }

            best = First(exact.Rules, path, best);
        }

        best = First(_anyHost, path, FindBySuffix(host, path, best));
        return best == None ? -1 : best;
    }

    private int FindBySuffix(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path, int best)
    {
        for (var start = Math.Max(0, host.Length - _suffixLengths.Length + 1); start < host.Length; start++)
        {
            var dot = host[start..].IndexOf((byte)'.');
            if (dot < 0)
            {
                break;
            }

            start += dot;
            if (_suffixLengths[host.Length - start] && _suffixes.TryGetValue(host[start..], out var rules))
            {
                best = First(rules, path, best);
            }
        }

        return best;
    }

    // The first of the rules that comes before the best one so far and whose path matches.
    private int First(int[] indices, ReadOnlySpan<byte> path, int best)
    {
        foreach (var index in indices)
        {
            if (index >= best)
            {
                return best;
            }

            if (_rules[index].Path is not { } pattern || pattern.IsMatch(path))
            {
                return index;
            }
        }

        return best;
    }

    // Where the first rule of all that match a host has no path, that rule is settled here once for all.
    private HostRules Candidates(byte[] host, List<int> indices)
    {
        var own = Reachable(indices);
        var first = Math.Min(own[0], _anyHost.Length == 0 ? None : _anyHost[0]);
        for (var start = 0; start < host.Length; start++)
        {
            if (host[start] == '.' && _suffixes.TryGetValue(host.AsSpan(start), out var rules))
            {
                first = Math.Min(first, rules[0]);
            }
        }

        return new HostRules(own, _rules[first].Path is null ? first : -1);
    }

    // Behind a rule without a path, rules for the same hosts are never reached.
    private int[] Reachable(List<int> indices)
    {
        var end = indices.FindIndex(index => _rules[index].Path is null);
        return end < 0 ? [.. indices] : [.. indices[..(end + 1)]];
    }

    private static void Add(Dictionary<byte[], List<int>> lists, string host, int index)
    {
        var key = Encoding.UTF8.GetBytes(host);
        if (!lists.TryGetValue(key, out var list))
        {
            lists.Add(key, list = []);
        }

        list.Add(index);
    }

    private readonly record struct HostRules(int[] Rules, int Settled);
}
