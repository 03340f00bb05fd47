using System.Net;
using Culvert.Engine.Flows;
using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Dialing;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>
/// Serves private-network TCP streams: dials the <c>ip:port</c> that the edge names, acknowledges, and copies raw bytes both
/// ways (http2-and-proxy, sections 1.8, 4.8 and 4.9; C-34). The reserved destination leads to the host's resolver (datagrams,
/// section 8.3). Thread-safe.
/// </summary>
public sealed class PrivateNetworkOrigin : IOrigin
{
    /// <summary>
    /// How long an origin may go on sending when the visitor has ended its side. The original cuts it off at once and loses
    /// what is under way (defect 7 of section 14.1).
    /// </summary>
    public static readonly TimeSpan HalfCloseLimit = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly VirtualDns _dns;
    private readonly StreamOpener _opener;
    private readonly StreamOpener _resolverOpener;

    /// <summary>Creates the origin.</summary>
    /// <param name="settings">Connect timeout and keep-alive; null for the defaults.</param>
    /// <param name="metrics">What is counted; null for nothing.</param>
    /// <param name="time">The clock of all timeouts; null for the system's.</param>
    /// <param name="dns">Says where the host's resolver is; null for what the system says.</param>
    public PrivateNetworkOrigin(
        WarpRouting? settings = null, ProxyMetrics? metrics = null, TimeProvider? time = null, VirtualDns? dns = null)
    {
        _time = time ?? TimeProvider.System;
        _dns = dns ?? new VirtualDns(time: _time);
        settings ??= WarpRouting.Default;
        metrics ??= new ProxyMetrics();
        _opener = Opener(settings.ConnectTimeout, settings.TcpKeepAlive);
        _resolverOpener = Opener(VirtualDns.DialTimeout, keepAlive: Timeout.InfiniteTimeSpan);

        StreamOpener Opener(TimeSpan timeout, TimeSpan keepAlive)
        {
            var dialing = OriginRequest.Default with { ConnectTimeout = timeout, TcpKeepAlive = keepAlive };
            return new StreamOpener(new TcpDialer(dialing, _time), metrics, _time);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var destination = PrivateAddress.Parse(stream.Request.Authority);
        var origin = await OpenAsync(stream, destination, cancellationToken).ConfigureAwait(false);
        await using (origin.ConfigureAwait(false))
        {
            await CopyAsync(stream, origin, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<TcpConnection> OpenAsync(
        EdgeStream stream, IPEndPoint destination, CancellationToken cancellationToken)
    {
        try
        {
            var (opener, address) = VirtualDns.IsReserved(destination)
                ? (_resolverOpener, _dns.Choose(FlowKind.Tcp)) : (_opener, destination);
            return await opener.OpenAsync(stream, address.ToString(), cancellationToken).ConfigureAwait(false);
        }
        catch (DialException e)
        {
            throw new OriginException($"unable to dial tcp to origin {destination}: {e.Message}", e);
        }
    }

    // The origin's end ends both directions; the visitor's end is passed on and the origin may still answer.
    private async Task CopyAsync(EdgeStream stream, TcpConnection origin, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var toEdge = PipeCopy.RunAsync(origin.Input, stream.Output, ended.Token).AsTask();
        var toOrigin = PipeCopy.RunAsync(stream.Input, origin.Output, ended.Token).AsTask();
        try
        {
            await Task.WhenAny(toEdge, toOrigin).ConfigureAwait(false);
            if (!toEdge.IsCompleted && toOrigin.IsCompletedSuccessfully && toOrigin.Result)
            {
                origin.EndOutput();
                await ((Task)toEdge.WaitAsync(HalfCloseLimit, _time, cancellationToken))
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(toEdge, toOrigin)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What the origin did not send to its end must not look complete.
        await (toEdge.IsFaulted || !toOrigin.IsFaulted ? toEdge : toOrigin).ConfigureAwait(false);
    }
}
