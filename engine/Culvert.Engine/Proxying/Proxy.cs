using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Culvert.Engine.Access;
using Culvert.Engine.Flows;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Routing;
using Culvert.Engine.Tracing;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Connections;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Proxying;

/// <summary>
/// Joins the stages: a request that a transport decoded is classified, routed, and answered by an origin. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its source has neither timer nor handle.")]
public sealed class Proxy : IAsyncDisposable
{
    private const int SwitchingProtocols = 101;
    private const int Forbidden = 403;
    private const string TooManyFlows = "failed to start tcp flow due to rate limiting: too many active flows";

    private readonly CurrentTable _tables;
    private readonly RequestLog _log;
    private readonly ProxySettings _settings;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Creates a proxy over started origins, which it owns.</summary>
    /// <param name="table">The rules and their origins.</param>
    /// <param name="logger">Gets a line for each failure.</param>
    /// <param name="settings">What else it does; null for nothing.</param>
    public Proxy(OriginTable table, ILogger logger, ProxySettings? settings = null)
    {
        _log = new RequestLog(logger);
        _settings = settings ?? new ProxySettings();
        _tables = new CurrentTable(Leased(table, _settings.PrivateNetwork));
        Slots = new StreamSlots(_settings.Capacity);
    }

    /// <summary>The requests that may be under way; transports take a slot for each stream.</summary>
    public StreamSlots Slots { get; }

    /// <summary>Replaced tables whose origins have not stopped yet, because requests still run on them.</summary>
    public int ReplacedTables => _tables.Replaced;

    /// <summary>
    /// Puts other rules into force, at once and for every request from now on. Requests that are under way keep theirs; when the
    /// last of them has ended, the origins of the old rules stop.
    /// </summary>
    /// <param name="table">The rules and their started origins, which the proxy owns from now on.</param>
    /// <param name="privateNetwork">How private networks are reached.</param>
    public void Replace(OriginTable table, WarpRouting privateNetwork)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(privateNetwork);
        if (_tables.Replace(Leased(table, privateNetwork)) is > 0 and var ended)
        {
            _log.OldTablesEnded(ended);
        }
    }

    /// <summary>
    /// Answers one request. The stream is ended by the transport when the task ends, and aborted when it fails.
    /// </summary>
    /// <param name="stream">The request; borrowed until the task ends.</param>
    /// <param name="connection">The connection it came over, for logs; null when it came over none.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask ServeAsync(EdgeStream stream, EdgeConnection? connection = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_settings.Internal is { } own && stream.Request.Kind != StreamKind.Tcp && own.Matches(stream.Request.Authority))
        {
            await ServeInternalAsync(own, stream, connection).ConfigureAwait(false);
            return;
        }

        var table = _tables.Lease();
        var cancellation = RequestCancellation.Rent(stream.Aborted, table.Stopping);
        var kind = stream.Request.Kind;
        int? rule = null;
        string? error = null;
        var observer = Observe(stream.Request, connection);
        _settings.Metrics.RequestBegan(kind);
        try
        {
            if (kind == StreamKind.Tcp)
            {
                await ServePrivateAsync(table.PrivateNetwork, stream, connection, observer, cancellation.Token)
                    .ConfigureAwait(false);
                return;
            }

            _settings.Tags?.AppendTo(stream.Request.Headers);
            observer?.Routing();
            var found = RequestRoute.Find(table.Origins.Snapshot, stream.Request);
            rule = found;
            observer?.Routed(stream, stream.Request.Authority, found, table.Origins.Snapshot.Rules[found].Service);
            if (_log.IsOn)
            {
                _log.Request(stream, connection, table.Origins.Snapshot, found);
            }

            await table.Origins[found].ServeAsync(stream, cancellation.Token).ConfigureAwait(false);
            _settings.Metrics.ResponseCompleted(stream.ResponseStatus);
            if (_log.IsOn && stream.ResponseStatus != SwitchingProtocols)
            {
                _log.Response(stream, connection, table.Origins.Snapshot, found, observer?.ContentLength ?? -1);
            }
        }
        catch (AccessRefusedException e)
        {
            error = e.Message;
            _settings.Metrics.RequestFailed();
            _log.Filtered(stream, connection, table.Origins.Snapshot, rule, e.Message);
            stream.SendHead(new ResponseHead { Status = Forbidden });
        }
        catch (Exception e)
        {
            error = e.Message;
            _settings.Metrics.RequestFailed();
            await FailAsync(stream, connection, table.Origins.Snapshot, rule, e, cancellation.Token.IsCancellationRequested)
                .ConfigureAwait(false);
        }
        finally
        {
            observer?.Ended(stream.ResponseStatus, error);
            _settings.Metrics.RequestEnded(kind);
            cancellation.Return();
            table.Return();
        }
    }

    /// <summary>Gives up every request that is still running. Those without a response head are answered 502.</summary>
    public void Stop()
    {
        _tables.Stop();
        _stopping.Cancel();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        return _tables.DisposeAsync();
    }

    private LeasedTable Leased(OriginTable table, WarpRouting privateNetwork) =>
        new(table, new PrivateNetworkOrigin(privateNetwork, _settings.Metrics, _settings.Time, _settings.Dns));

    private async ValueTask ServePrivateAsync(
        PrivateNetworkOrigin privateNetwork, EdgeStream stream, EdgeConnection? connection, RequestObserver? observer,
        CancellationToken cancellationToken)
    {
        if (!_settings.Flows.TryAcquire(FlowKind.Tcp))
        {
            _log.FlowLimited(connection);
            await stream.RejectAsync(ResponseSource.FlowLimited, TooManyFlows, cancellationToken).ConfigureAwait(false);
            return;
        }

        try
        {
            observer?.Dialling(stream);
            await privateNetwork.ServeAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _settings.Flows.Release();
        }
    }

    // No rules are leased: a log stream that stays for days must not keep old ones alive.
    private async ValueTask ServeInternalAsync(InternalRule own, EdgeStream stream, EdgeConnection? connection)
    {
        var kind = stream.Request.Kind;
        var cancellation = RequestCancellation.Rent(stream.Aborted, _stopping.Token);
        _settings.Metrics.RequestBegan(kind);
        try
        {
            if (_log.IsOn)
            {
                _log.InternalRequest(stream, connection, own);
            }

            await own.Origin.ServeAsync(stream, cancellation.Token).ConfigureAwait(false);
            _settings.Metrics.ResponseCompleted(stream.ResponseStatus);
        }
        catch (Exception e)
        {
            _settings.Metrics.RequestFailed();
            await FailAsync(stream, connection, null, InternalRule.Number, e, cancellation.Token.IsCancellationRequested)
                .ConfigureAwait(false);
        }
        finally
        {
            _settings.Metrics.RequestEnded(kind);
            cancellation.Return();
        }
    }

    // Nearly every request is neither logged nor traced, and has nobody who watches it.
    private RequestObserver? Observe(RequestHead request, EdgeConnection? connection)
    {
        var trace = RequestTrace.Begin(request, _settings.TraceResource, _settings.Time);
        var span = _settings.Spans?.Begin(request, connection);
        return trace is not null || span is not null || _log.IsOn ? new RequestObserver(trace, span) : null;
    }

    private async ValueTask FailAsync(
        EdgeStream stream, EdgeConnection? connection, IngressSnapshot? snapshot, int? rule, Exception error, bool cancelled)
    {
        var reason = cancelled ? "Incoming request ended abruptly: context canceled" : error.Message;
        var visitorLeft = stream.Aborted.IsCancellationRequested;
        _log.Failure(stream, connection, snapshot, rule, reason, visitorLeft);
        if (stream.HeadSent)
        {
            stream.Abort();
            return;
        }

        if (!visitorLeft)
        {
            await stream.RejectAsync(ResponseSource.Connector, reason, stream.Aborted).ConfigureAwait(false);
        }
    }
}
