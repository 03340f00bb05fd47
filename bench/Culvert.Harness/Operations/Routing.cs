using System.Globalization;
using Culvert.Engine.Routing;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Harness.Operations;

/// <summary>
/// The rule of a request, among so many hosts. Takes another host each time: which of them share a bucket of the table
/// differs from process to process, and the mean over many does not.
/// </summary>
internal sealed class RouteFinding : Operation
{
    private const int MostHosts = 2000;
    private readonly int _rules;
    private readonly IngressSnapshot _snapshot;
    private readonly RequestHead[] _requests;
    private int _next;

    public RouteFinding(int rules)
    {
        _rules = rules;
        var definitions = Enumerable.Range(0, rules - 1)
            .Select(i => new RuleDefinition { Hostname = Host(i), Service = "http://127.0.0.1:8080" })
            .Append(new RuleDefinition { Service = "http_status:404" });
        _snapshot = IngressSnapshot.Create([.. definitions], OriginRequestOverrides.None);
        _requests = [.. Enumerable.Range(0, Math.Min(rules - 1, MostHosts)).Select(i => TypicalHeads.Request(Host(i)))];
    }

    public override string Name => string.Create(CultureInfo.InvariantCulture, $"route/{_rules}-rules");

    public override void Run()
    {
        var request = _next;
        _next = request + 1 == _requests.Length ? 0 : request + 1;
        if (RequestRoute.Find(_snapshot, _requests[request]) != request)
        {
            throw new InvalidOperationException("the request went to another rule");
        }
    }

    // All of one length, or a table of many hosts would have longer ones.
    private static string Host(int index) => string.Create(CultureInfo.InvariantCulture, $"app{index:D5}.example.com");
}
