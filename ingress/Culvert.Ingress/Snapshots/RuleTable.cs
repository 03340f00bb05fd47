namespace Culvert.Ingress.Snapshots;

/// <summary>
/// Finds the first rule that matches, without looking at the others: one look-up finds the narrowest pattern of a host, which
/// knows the wider ones that match the same hosts. Only rules with a path are tried one after another. Immutable and thread-safe.
/// </summary>
internal sealed class RuleTable
{
    // The answer where no rule is left; larger than every index.
    private const int None = int.MaxValue;

    private readonly IReadOnlyList<IngressRule> _rules;

    // An answer of zero or more is the rule itself; below, it is the complement of a pattern whose rules have to be tried.
    private readonly HostIndex _hosts;
    private readonly HostIndex _suffixes;
    private readonly int _anyHost;
    private readonly List<HostPattern> _patterns = [];

    public RuleTable(IReadOnlyList<IngressRule> rules)
    {
        _rules = rules;
        var hosts = new HostGroups();
        var suffixes = new HostGroups();
        var anyHost = new HostGroups();
        for (var i = 0; i < rules.Count; i++)
        {
            Add(rules[i], i, hosts, suffixes, anyHost);
        }

        _anyHost = anyHost.Hosts.Count == 0 ? None : Answer(anyHost, 0, None);
        _suffixes = IndexSuffixes(suffixes);
        _hosts = IndexHosts(hosts);
    }

    /// <summary>Index of the first rule that matches, or -1.</summary>
    /// <param name="host">Host without a port.</param>
    /// <param name="path">Percent-encoded path.</param>
    public int Find(ReadOnlySpan<byte> host, ReadOnlySpan<byte> path)
    {
        var answer = Narrowest(host);
        answer = answer >= 0 ? answer : Try(answer, path);
        return answer == None ? -1 : answer;
    }

    /// <summary>
    /// What finding a rule takes, whatever the path: slots that are read, and at most so many rules that are tried.
    /// </summary>
    public (int Slots, int Rules) Work(ReadOnlySpan<byte> host)
    {
        var rules = 0;
        for (var answer = Narrowest(host); answer < 0; answer = _patterns[~answer].Wider)
        {
            rules += _patterns[~answer].Rules.Length;
        }

        return (_hosts.SlotsRead(host, ends: false) + _suffixes.SlotsRead(host, ends: true), rules);
    }

    private static void Add(IngressRule rule, int index, HostGroups hosts, HostGroups suffixes, HostGroups anyHost)
    {
        if (rule.Hostname is "" or "*")
        {
            anyHost.Add("", index);
            return;
        }

        hosts.Add(rule.Hostname, index);
        if (rule.AsciiHostname is { } ascii)
        {
            hosts.Add(ascii, index);
        }

        if (rule.Hostname.StartsWith("*.", StringComparison.Ordinal))
        {
            suffixes.Add(rule.Hostname.AsSpan(1), index);
        }
    }

    // Shorter suffixes first: the answer of what is wider has to be known.
    private HostIndex IndexSuffixes(HostGroups groups)
    {
        var numbers = Enumerable.Range(0, groups.Hosts.Count).ToArray();
        var index = new HostIndex(groups.Hosts, numbers);
        var answers = new int[numbers.Length];
        foreach (var number in numbers.OrderBy(number => groups.Hosts[number].Length))
        {
            var wider = index.TryFindEnd(groups.Hosts[number].AsSpan(1), out var other) ? answers[other] : _anyHost;
            answers[number] = Answer(groups, number, wider);
        }

        return index.WithValues(answers);
    }

    private HostIndex IndexHosts(HostGroups groups)
    {
        var answers = new int[groups.Hosts.Count];
        for (var number = 0; number < answers.Length; number++)
        {
            answers[number] = Answer(groups, number, Suffix(groups.Hosts[number]));
        }

        return new HostIndex(groups.Hosts, answers);
    }

    private int Narrowest(ReadOnlySpan<byte> host) => _hosts.TryFind(host, out var answer) ? answer : Suffix(host);

    private int Suffix(ReadOnlySpan<byte> host) => _suffixes.TryFindEnd(host, out var answer) ? answer : _anyHost;

    private int Try(int answer, ReadOnlySpan<byte> path)
    {
        var best = None;
        for (; answer < 0; answer = _patterns[~answer].Wider)
        {
            foreach (var index in _patterns[~answer].Rules)
            {
                if (index >= best || _rules[index].Path is not { } wanted || wanted.IsMatch(path))
                {
                    best = Math.Min(best, index);
                    break;
                }
            }
        }

        return Math.Min(best, answer);
    }

    // Where the first rule of all that match has no path, it is the answer once for all.
    private int Answer(HostGroups groups, int number, int wider)
    {
        var first = groups.First(number);
        if (wider >= 0 && wider < first)
        {
            return wider;
        }

        var earliest = wider >= 0 ? first : Math.Min(first, _patterns[~wider].Earliest);
        if (_rules[earliest].Path is null)
        {
            return earliest;
        }

        _patterns.Add(new HostPattern(Reachable(groups.Rules(number)), wider, earliest));
        return ~(_patterns.Count - 1);
    }

    // Behind a rule without a path, rules for the same hosts are never reached.
    private int[] Reachable(IReadOnlyList<int> indices)
    {
        var paths = indices.TakeWhile(index => _rules[index].Path is not null).Count();
        return [.. indices.Take(paths + 1)];
    }

    /// <param name="Rules">Rules with this pattern, in order.</param>
    /// <param name="Wider">The answer of the next pattern that matches the same hosts.</param>
    /// <param name="Earliest">The first of all rules that may match, here or further on.</param>
    private readonly record struct HostPattern(int[] Rules, int Wider, int Earliest);
}
