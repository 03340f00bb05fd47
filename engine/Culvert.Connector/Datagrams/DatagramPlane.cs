using Culvert.Connector.Registration;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Connections;
using Culvert.Transports.Sessions;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Datagrams;

/// <summary>
/// Datagrams of a connector: which version each connection speaks, and the flows of all that speak version 3. Thread-safe.
/// </summary>
internal sealed partial class DatagramPlane : IDisposable
{
    private readonly DatagramMuxer? _muxer;
    private readonly bool _wantsV2;

    /// <param name="options">The features and sizes asked for.</param>
    /// <param name="limiter">Shared with whatever else carries flows.</param>
    /// <param name="time">The clock of idle periods.</param>
    /// <param name="logger">Takes its lines.</param>
    public DatagramPlane(ConnectorOptions options, FlowLimiter limiter, TimeProvider time, ILogger logger)
    {
        _wantsV2 = !options.Features.Contains(Features.DatagramV3) && options.Features.Contains(Features.DatagramV2);
        if (DatagramMuxer.Missing is { } reason)
        {
            LogMissing(logger, reason);
            return;
        }

        _muxer = new DatagramMuxer(limiter, new VirtualDns(options.DnsResolvers, time), logger, options.Datagrams, time);
    }

    /// <summary>Counts what happens to flows; null where there are none.</summary>
    public DatagramMuxer? Muxer => _muxer;

    /// <summary>
    /// The version that a connection speaks for its life: a feature that the user named decides, else it is 3 wherever 3 can be
    /// served (compare datagrams, section 1.3).
    /// </summary>
    public DatagramVersion Version(EdgeConnection connection) =>
        connection.Datagrams is null || _muxer is null || _wantsV2 ? DatagramVersion.V2 : DatagramVersion.V3;

    /// <summary>Begins to serve a connection's flows if it speaks version 3.</summary>
    public void Start(EdgeConnection connection)
    {
        if (Version(connection) == DatagramVersion.V3)
        {
            _muxer!.Attach(connection.Datagrams!, connection.Index);
        }
    }

    /// <summary>What answers session calls on a connection; null when there is nothing.</summary>
    public ISessionService? Sessions(EdgeConnection connection) =>
        Version(connection) == DatagramVersion.V3 ? new RefusedSessions(_muxer!.Counters(connection.Index)) : null;

    /// <summary>Ends every flow.</summary>
    public void Dispose() => _muxer?.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "{reason}")]
    private static partial void LogMissing(ILogger logger, string reason);
}
