using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Files;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Fixtures;

/// <summary>Short ways to make what tests need.</summary>
internal static class TestRules
{
    public static RuleDefinition Rule(string hostname, string path, string service) =>
        new() { Hostname = hostname, Path = path, Service = service };

    public static RuleDefinition CatchAll { get; } = Rule("", "", "http_status:404");

    public static IngressSnapshot Snapshot(params RuleDefinition[] rules) =>
        IngressSnapshot.Create(rules, OriginRequestOverrides.None);

    public static string ErrorOf(params RuleDefinition[] rules) =>
        Assert.ThrowsAny<IngressException>(() => Snapshot(rules)).Message;

    public static ConfigurationFile File(string yaml) => ConfigurationFile.Parse("config.yml", Encoding.UTF8.GetBytes(yaml));

    public static IngressConfiguration Ingress(string yaml) => File(yaml).Ingress;

    public static int Match(this IngressSnapshot snapshot, string host, string path) =>
        snapshot.Match(Encoding.UTF8.GetBytes(host), Encoding.UTF8.GetBytes(path));
}
