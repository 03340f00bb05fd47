using System.Net;
using System.Net.Sockets;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Supervision;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic;

namespace Culvert.Connector.Prechecks;

/// <summary>
/// Looks at the network once: names first, then both transports and the API side by side, the targets of each one after another
/// (supervisor-and-operations, section 7.5). Nothing depends on what it finds.
/// </summary>
/// <param name="probes">The network.</param>
/// <param name="asked">The transport that the user asked for.</param>
/// <param name="version">Which addresses count.</param>
/// <param name="time">The clock of limits and pauses.</param>
internal sealed class PrecheckRun(IEdgeProbes probes, TunnelProtocol asked, EdgeIpVersion version, TimeProvider time)
{
    /// <summary>Longest that one dial may take.</summary>
    public static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(5);

    // Before the second and the third try.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    /// <summary>Looks at everything.</summary>
    /// <param name="limit">Longest that it may take; what is open then has failed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<PrecheckReport> RunAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var over = new LinkedDeadline(limit, time, cancellationToken);
        var targets = await ResolveAsync(over.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var quic = TransportAsync(ProbeKind.Quic, targets, probes.QuicAsync, over.Token);
        var http2 = TransportAsync(ProbeKind.Http2, targets, probes.Http2Async, over.Token);
        var api = ApiAsync(over.Token);
        PrecheckRow[] rows =
        [
            .. targets.Select(PrecheckRow.Resolved),
            .. await quic.ConfigureAwait(false), .. await http2.ConfigureAwait(false), await api.ConfigureAwait(false),
        ];
        cancellationToken.ThrowIfCancellationRequested();
        return new PrecheckReport(Guid.NewGuid(), rows, PrecheckReport.Suggest(rows, asked));
    }

    private async Task<IReadOnlyList<ResolvedTarget>> ResolveAsync(CancellationToken over)
    {
        IReadOnlyList<ResolvedTarget> targets = [];
        await TryAsync(async () =>
        {
            targets = await probes.ResolveAsync(over).ConfigureAwait(false);
            return targets.All(target => target.Addresses.Count > 0);
        }, over).ConfigureAwait(false);
        return targets;
    }

    private async Task<IReadOnlyList<PrecheckRow>> TransportAsync(
        ProbeKind kind, IReadOnlyList<ResolvedTarget> targets, Func<IPEndPoint, CancellationToken, Task> dial,
        CancellationToken over)
    {
        if (targets.All(target => target.Addresses.Count == 0))
        {
            return [.. targets.Select(target => PrecheckRow.Skipped(kind, target.Name, "DNS prerequisite failed"))];
        }

        var rows = new List<PrecheckRow>();
        foreach (var target in targets)
        {
            var addresses = Candidates(target.Addresses);
            rows.Add(addresses.Length == 0
                ? PrecheckRow.Skipped(kind, target.Name, "No suitable address found for configured IP version")
                : await TargetAsync(kind, target.Name, addresses, dial, over).ConfigureAwait(false));
        }

        return rows;
    }

    private async Task<PrecheckRow> TargetAsync(
        ProbeKind kind, string target, IPEndPoint[] addresses, Func<IPEndPoint, CancellationToken, Task> dial,
        CancellationToken over)
    {
        string? machine = null;
        var answered = false;
        await TryAsync(async () =>
        {
            foreach (var address in addresses)
            {
                try
                {
                    answered |= await DialAsync(token => dial(address, token), over).ConfigureAwait(false);
                }
                catch (QuicUnavailableException e)
                {
                    machine = $"TLS configuration failed: {e.Message}";
                    return true;
                }
            }

            return answered;
        }, over).ConfigureAwait(false);
        return answered ? PrecheckRow.Passed(kind, target) : PrecheckRow.Failed(kind, target, machine);
    }

    private async Task<PrecheckRow> ApiAsync(CancellationToken over)
    {
        if (probes.ApiTarget is not { } target)
        {
            return PrecheckRow.Skipped(ProbeKind.Api, EdgeProbes.HostedApi, "Not needed with an edge of one's own");
        }

        var answered = false;
        await TryAsync(async () => answered = await DialAsync(probes.ApiAsync, over).ConfigureAwait(false), over)
            .ConfigureAwait(false);
        return answered ? PrecheckRow.Passed(ProbeKind.Api, target) : PrecheckRow.Failed(ProbeKind.Api, target, null);
    }

    // One address of each family that may be used, IPv4 first.
    private IPEndPoint[] Candidates(IReadOnlyList<IPEndPoint> addresses)
    {
        return [.. First(AddressFamily.InterNetwork, EdgeIpVersion.V6), .. First(AddressFamily.InterNetworkV6, EdgeIpVersion.V4)];

        IEnumerable<IPEndPoint> First(AddressFamily family, EdgeIpVersion other) =>
            version == other ? [] : addresses.Where(address => address.AddressFamily == family).Take(1);
    }

    private async Task<bool> DialAsync(Func<CancellationToken, Task> dial, CancellationToken over)
    {
        using var limit = new LinkedDeadline(DialLimit, time, over);
        try
        {
            await dial(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is EdgeDialException or SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    // Until it succeeds, three times at most, and not longer than the run.
    private async Task TryAsync(Func<Task<bool>> attempt, CancellationToken over)
    {
        foreach (var pause in Pauses)
        {
            if (await attempt().ConfigureAwait(false) || over.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(pause, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
            {
                return;
            }
        }

        await attempt().ConfigureAwait(false);
    }
}
