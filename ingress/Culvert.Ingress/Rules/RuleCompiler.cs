using System.Globalization;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.PathPatterns;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Rules;

/// <summary>
/// Checks rules in order; the first thing that is wrong is what is reported (ingress-and-config, sections 1.2 and 1.3).
/// </summary>
internal static class RuleCompiler
{
    /// <exception cref="IngressException">A rule is not valid.</exception>
    public static IngressRule[] Compile(IReadOnlyList<RuleDefinition> definitions, OriginRequest defaults)
    {
        var rules = new IngressRule[definitions.Count];
        var patterns = new TablePatterns();
        var services = new Dictionary<string, OriginService>(StringComparer.Ordinal);
        for (var i = 0; i < rules.Length; i++)
        {
            try
            {
                rules[i] = Compile(definitions, i, defaults, patterns, services);
            }
            catch (IngressException e) when (definitions[i].Place is { } place)
            {
                throw new IngressException(e.Message, e) { Place = place };
            }
        }

        return rules;
    }

    private static IngressRule Compile(
        IReadOnlyList<RuleDefinition> definitions, int index, OriginRequest defaults, TablePatterns patterns,
        Dictionary<string, OriginService> services)
    {
        var definition = definitions[index];
        var settings = definition.OriginRequest.Over(defaults);
        var service = Service(definition, settings, services);
        if (definition.OriginRequest.Access is { Required: true, TeamName: "", AudienceTags.Count: > 0 })
        {
            throw new IngressException("access.TeamName cannot be blank when access.audTags are present");
        }

        CheckHostname(definition, index, definitions.Count);
        return new IngressRule(service)
        {
            Hostname = definition.Hostname,
            AsciiHostname = IsCatchAll(definition) ? null : HostnamePattern.ToAscii(definition.Hostname),
            Path = definition.Path.Length == 0 ? null : Pattern(definition.Path, index, patterns),
            OriginRequest = service is OriginService.Bastion ? settings with { BastionMode = true } : settings,
            RequiresAccess = definition.OriginRequest.Access is { Required: true },
        };
    }

    private static void CheckHostname(RuleDefinition definition, int index, int count)
    {
        if (HostnamePattern.HasPort(definition.Hostname))
        {
            throw new IngressException("Hostname cannot contain a port");
        }

        if (definition.Hostname.LastIndexOf('*') > 0)
        {
            throw new IngressException(
                "Hostname patterns can have at most one wildcard character (\"*\") and it can only be used for subdomains, "
                + "e.g. \"*.example.com\"");
        }

        if (IsCatchAll(definition) == (index == count - 1))
        {
            return;
        }

        throw new IngressException(IsCatchAll(definition)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Rule #{index + 1} is matching the " +
                $"hostname '{definition.Hostname}', but this will match every hostname, meaning the rules which follow it will " +
                $"never be triggered.")
            : "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)");
    }

    private static bool IsCatchAll(RuleDefinition definition) => definition.Hostname is "" or "*" && definition.Path.Length == 0;

    // Rules often repeat a service; what it is depends on the rule's settings only where they make it a bastion or have IP rules.
    private static OriginService Service(
        RuleDefinition definition, OriginRequest settings, Dictionary<string, OriginService> services)
    {
        if (settings.BastionMode || definition.OriginRequest.IpRules is not null)
        {
            return ServiceParser.Parse(definition.Service, settings, definition.OriginRequest.IpRules);
        }

        return services.TryGetValue(definition.Service, out var service) ? service
            : services[definition.Service] = ServiceParser.Parse(definition.Service, settings, ipRules: null);
    }

    // Rules often repeat a path for several hosts; one automaton serves them all.
    private static PathPattern Pattern(string path, int index, TablePatterns patterns)
    {
        try
        {
            return patterns.Get(path);
        }
        catch (PatternException e)
        {
            throw new IngressException(
                string.Create(CultureInfo.InvariantCulture, $"Rule #{index + 1} has an invalid regex: {e.Message}"), e);
        }
    }
}
