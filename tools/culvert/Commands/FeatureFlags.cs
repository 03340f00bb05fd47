using System.CommandLine;
using System.Net;
using Culvert.Connector.RemoteFeatures;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags that turn features of the tunnel protocol on (ingress-and-config, section 7).</summary>
internal sealed class FeatureFlags
{
    private const int DnsPort = 53;

    private readonly Option<string[]> _features = new("--features", "-F")
    {
        Description = "Feature to announce to the edge beside the usual ones. Repeatable.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
        Recursive = true,
    };

    private readonly Option<string?> _record = new("--features-dns")
    {
        Description = "DNS TXT record that turns features on for a share of all accounts; may name the DNS server to ask.",
        HelpName = "NAME[@IP:PORT]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_FEATURES_DNS"),
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_features);
        command.Options.Add(_record);
    }

    /// <summary>The features that the user named.</summary>
    public IReadOnlyList<string> Named(ParseResult parsed) => parsed.GetValue(_features)!;

    /// <summary>The DNS record, or null when none is asked for.</summary>
    /// <exception cref="CommandException">The server is no address.</exception>
    public FeatureRecordSource? Record(ParseResult parsed)
    {
        if (parsed.GetValue(_record) is not { Length: > 0 } text)
        {
            return null;
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? new FeatureRecordSource(text)
            : at > 0 && IpText.TryParseAddress(text.AsSpan(at + 1), out var address)
                ? new FeatureRecordSource(text[..at], new IPEndPoint(address, DnsPort))
            : at > 0 && IpText.TryParseEndPoint(text.AsSpan(at + 1), out var server) && server.Port > 0
                ? new FeatureRecordSource(text[..at], server)
            : throw new CommandException($"--features-dns: '{text}' is not NAME or NAME@IP:PORT");
    }
}
