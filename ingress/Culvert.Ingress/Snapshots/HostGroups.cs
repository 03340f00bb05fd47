using System.Runtime.InteropServices;
using System.Text;

namespace Culvert.Ingress.Snapshots;

/// <summary>Rules by host, while a table is built. Nearly every host has one rule, so lists are for those with more.</summary>
internal sealed class HostGroups
{
    private readonly Dictionary<byte[], int> _numbers = new(HostComparer.Instance);
    private readonly Dictionary<int, List<int>> _lists = [];
    private readonly List<byte[]> _hosts = [];
    private readonly List<int> _firsts = [];

    /// <summary>The hosts in UTF-8, each once.</summary>
    public IReadOnlyList<byte[]> Hosts => _hosts;

    /// <summary>The first rule of a host, by the host's number.</summary>
    public int First(int host) => _firsts[host];

    /// <summary>All rules of a host, ascending.</summary>
    public IReadOnlyList<int> Rules(int host) => _lists.TryGetValue(host, out var rules) ? rules : [_firsts[host]];

    /// <summary>Adds a rule, behind all that were added before it.</summary>
    public void Add(ReadOnlySpan<char> host, int rule)
    {
        var key = new byte[Encoding.UTF8.GetByteCount(host)];
        Encoding.UTF8.GetBytes(host, key);
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, key, out var exists);
        if (!exists)
        {
            number = _hosts.Count;
            _hosts.Add(key);
            _firsts.Add(rule);
        }
        else if (_lists.TryGetValue(number, out var rules))
        {
            rules.Add(rule);
        }
        else
        {
            _lists.Add(number, [_firsts[number], rule]);
        }
    }
}
