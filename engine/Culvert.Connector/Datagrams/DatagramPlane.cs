using System.Net;
using System.Runtime.CompilerServices;
using Culvert.Connector.Metrics;
using Culvert.Connector.Registration;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Connections;
using Culvert.Transports.Sessions;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Datagrams;

/// <summary>
/// Datagrams of a connector: which version each connection speaks, and the flows of all. Thread-safe.
/// </summary>
internal sealed partial class DatagramPlane : IAsyncDisposable
{
    private readonly DatagramMuxer? _muxer;
    private readonly IcmpProxy? _icmp;
    private readonly ConditionalWeakTable<EdgeConnection, object> _versions = [];
    private readonly DatagramVersion? _named;
    private readonly FeatureSelector? _remote;
    private readonly ILogger _logger;
    private readonly RpcMetrics _rpc;

    /// <param name="options">The features and sizes asked for.</param>
    /// <param name="limiter">Shared with whatever else carries flows.</param>
    /// <param name="dns">Where flows to the reserved destination go.</param>
    /// <param name="time">The clock of idle periods.</param>
    /// <param name="logger">Takes its lines.</param>
    /// <param name="metrics">What calls and flows are counted in.</param>
    /// <param name="remote">What DNS says about features; not owned. Null when nobody asks.</param>
    public DatagramPlane(
        ConnectorOptions options, FlowLimiter limiter, VirtualDns dns, TimeProvider time, ILogger logger,
        ConnectorMetrics metrics,
        FeatureSelector? remote = null)
    {
        _logger = logger;
        _rpc = metrics.Rpc;
        _remote = remote;
        _named = options.Features.Contains(Features.DatagramV3) ? DatagramVersion.V3
            : options.Features.Contains(Features.DatagramV2) ? DatagramVersion.V2 : null;
        if (DatagramMuxer.Missing is { } reason)
        {
            LogMissing(logger, reason);
            return;
        }

        // The original has no pings on quick tunnels either, and HTTP/2 has no datagrams.
        _icmp = options is { Icmp: { } icmp, QuickHostname: null, Protocol: not TunnelProtocol.Http2 }
            ? IcmpProxy.Start(icmp, logger, time) : null;
        _muxer = new DatagramMuxer(limiter, dns, logger, options.Datagrams, time) { Icmp = _icmp };
        metrics.Datagrams.Watch(_muxer);
        if (_icmp is not null)
        {
            metrics.Datagrams.Watch(_icmp);
        }
    }

    /// <summary>Counts what happens to flows; null where there are none.</summary>
    public DatagramMuxer? Muxer => _muxer;

    /// <summary>Addresses that pings leave from; none where there are no pings.</summary>
    public IReadOnlyList<IPAddress> IcmpSources => _icmp?.Sources ?? [];

    /// <summary>
    /// The version that a connection speaks for its life, whatever DNS says later: a feature that the user named decides, else
    /// DNS, else it is 3 wherever 3 can be served (compare datagrams, section 1.3).
    /// </summary>
    public DatagramVersion Version(EdgeConnection connection) =>
        (DatagramVersion)_versions.GetValue(connection, connection => (object)Choose(connection));

    private DatagramVersion Choose(EdgeConnection connection) =>
        connection.Datagrams is null || _muxer is null ? DatagramVersion.V2
        : _named ?? (_remote?.DatagramV3 == false ? DatagramVersion.V2 : DatagramVersion.V3);

    /// <summary>Begins to serve a connection's flows.</summary>
    /// <returns>What answers session calls on it; null when there is nothing.</returns>
    public ISessionService? Start(EdgeConnection connection)
    {
        if (_muxer is null || connection.Datagrams is not { } datagrams)
        {
            return null;
        }

        if (Version(connection) == DatagramVersion.V3)
        {
            _muxer.Attach(datagrams, connection.Index);
            return new CountedSessions(new RefusedSessions(_muxer.Counters(connection.Index)), _rpc);
        }

        var sessions = _muxer.AttachSessions(datagrams, connection.Index, new EndedSessions(connection, _rpc, _logger).Ended);
        return new CountedSessions(sessions, _rpc);
    }

    /// <summary>Ends pings. Flows end with their connections.</summary>
    public ValueTask DisposeAsync() => _icmp?.DisposeAsync() ?? ValueTask.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{reason}")]
    private static partial void LogMissing(ILogger logger, string reason);
}
