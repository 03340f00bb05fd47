using System.Net;
using System.Net.Sockets;
using Culvert.Connector.EdgeAddresses;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Prechecks;

/// <summary>The network as it is: the connector's trust and groups, and no local address of its own.</summary>
internal sealed class EdgeProbes : IEdgeProbes, IAsyncDisposable
{
    /// <summary>What the hosted service's connectors ask for updates.</summary>
    public const string HostedApi = "api.cloudflare.com:443";

    private static readonly DnsEndPoint HostedApiAddress = new("api.cloudflare.com", 443);

    private readonly PrecheckOptions _targets;
    private readonly Func<QuicEdgeDialer> _quic;
    private readonly Http2EdgeDialer _http2;
    private readonly TimeProvider _time;

    /// <param name="targets">Whom to look at.</param>
    /// <param name="options">What the connector runs with.</param>
    /// <param name="time">The clock of the dials.</param>
    public EdgeProbes(PrecheckOptions targets, ConnectorOptions options, TimeProvider time)
    {
        _targets = targets;
        _time = time;
        _quic = () => new QuicEdgeDialer(
            options.Trust, null, options.PostQuantum ? QuicKeyExchange.RequirePostQuantum : QuicKeyExchange.PreferPostQuantum,
            options.Quic, options.QuicProvider);
        _http2 = new Http2EdgeDialer(options.Trust, null, time);
    }

    /// <inheritdoc/>
    public string? ApiTarget => _targets.Edges.Count > 0 ? null : HostedApi;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ResolvedTarget>> ResolveAsync(CancellationToken cancellationToken)
    {
        if (_targets.Edges.Count == 0)
        {
            return await DiscoverAsync(cancellationToken).ConfigureAwait(false);
        }

        var resolved = new List<ResolvedTarget>();
        foreach (var edge in _targets.Edges.Distinct())
        {
            resolved.Add(await ResolveAsync(edge, cancellationToken).ConfigureAwait(false));
        }

        return resolved;
    }

    /// <inheritdoc/>
    public async Task QuicAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var dialer = _quic();
        await using (dialer.ConfigureAwait(false))
        {
            await dialer.ProbeAsync(address, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task Http2Async(IPEndPoint address, CancellationToken cancellationToken) =>
        _http2.ProbeAsync(address, cancellationToken);

    /// <inheritdoc/>
    public async Task ApiAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(HostedApiAddress, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _http2.DisposeAsync();

    // The names that are shown are those of the regions, whatever the service record names.
    private async Task<IReadOnlyList<ResolvedTarget>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var prefix = _targets.Region is "us" or "fed" ? _targets.Region + "-" : "";
        string[] names = [$"{prefix}region1.v2.argotunnel.com", $"{prefix}region2.v2.argotunnel.com"];
        try
        {
            var regions = await new EdgeDiscovery(_targets.DnsServers, NullLogger.Instance, _time)
                .FindAsync(_targets.Region, cancellationToken).ConfigureAwait(false);
            return [.. names.Select((name, region) => new ResolvedTarget(name, regions.Count > region ? regions[region] : []))];
        }
        catch (EdgeDiscoveryException e)
        {
            return Failed(e.Message);
        }
        catch (OperationCanceledException)
        {
            return Failed("no answer in time");
        }

        ResolvedTarget[] Failed(string error) => [.. names.Select(name => new ResolvedTarget(name, [], error))];
    }

    private static async Task<ResolvedTarget> ResolveAsync(string edge, CancellationToken cancellationToken)
    {
        var error = "failed to resolve any edge address";
        try
        {
            var addresses = await StaticEdgeAddresses.ResolveAsync([edge], (_, reason) => error = reason, cancellationToken)
                .ConfigureAwait(false);
            return new ResolvedTarget(edge, addresses);
        }
        catch (FormatException)
        {
            return new ResolvedTarget(edge, [], error);
        }
        catch (OperationCanceledException)
        {
            return new ResolvedTarget(edge, [], "no answer in time");
        }
    }
}
