using System.Text.Json;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Vectors;

/// <summary>Which rule serves which request, and which rules are refused, as the reference implementation has it.</summary>
public class RuleVectorTests
{
    private static readonly JsonElement Vectors = VectorFile.Read("ingress-rules.json");
    private static readonly IngressSnapshot Snapshot = IngressSnapshot.Create(Rules(Vectors), OriginRequestOverrides.None);

    public static TheoryData<string, string, int, string> Requests()
    {
        var requests = new TheoryData<string, string, int, string>();
        foreach (var vector in Vectors.GetProperty("vectors").EnumerateArray())
        {
            requests.Add(
                Text(vector, "host"), Text(vector, "path"), vector.GetProperty("rule").GetInt32(), Text(vector, "service"));
        }

        return requests;
    }

    public static TheoryData<string> Validations() =>
        [.. Vectors.GetProperty("validation").EnumerateArray().Select(vector => Text(vector, "name"))];

    [Theory]
    [MemberData(nameof(Requests))]
    public void Request_is_served_by_the_rule(string host, string path, int rule, string service)
    {
        Assert.Equal(rule, Snapshot.Match(host, path));
        Assert.Equal(service, Snapshot.Rules[rule].Service.ToString());
    }

    [Theory]
    [MemberData(nameof(Validations))]
    public void Rules_are_accepted_or_refused(string name)
    {
        var vector = Vectors.GetProperty("validation").EnumerateArray().Single(vector => Text(vector, "name") == name);
        if (vector.TryGetProperty("error", out var error))
        {
            Assert.Equal(error.GetString(), TestRules.ErrorOf(Rules(vector)));
        }
        else
        {
            Assert.Equal(
                vector.GetProperty("services").EnumerateArray().Select(service => service.GetString()),
                TestRules.Snapshot(Rules(vector)).Rules.Select(rule => rule.Service.ToString()));
        }
    }

    private static RuleDefinition[] Rules(JsonElement vector) =>
        vector.GetProperty("rules") is { ValueKind: JsonValueKind.Array } rules
            ? [.. rules.EnumerateArray().Select(
                rule => TestRules.Rule(Text(rule, "hostname"), Text(rule, "path"), Text(rule, "service")))]
            : [];

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;
}
