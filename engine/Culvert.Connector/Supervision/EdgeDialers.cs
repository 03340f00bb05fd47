using Culvert.Transports.Connections;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Providers;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Supervision;

/// <summary>The transports of a process, and which one is used now (compare quic-and-rpc, section 1.9). Thread-safe.</summary>
internal sealed partial class EdgeDialers : IAsyncDisposable
{
    private readonly ConnectorOptions _options;
    private readonly ILogger _logger;
    private readonly QuicEdgeDialer? _quic;
    private readonly Http2EdgeDialer? _http2;
    private volatile IEdgeDialer _current;
    private volatile bool _isSettled;

    /// <exception cref="QuicUnavailableException">QUIC alone was asked for and cannot be used here.</exception>
    public EdgeDialers(ConnectorOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _logger = logger;
        if (options.Protocol != TunnelProtocol.Http2)
        {
            _quic = CreateQuic();
        }

        if (options.Protocol != TunnelProtocol.Quic && !options.PostQuantum)
        {
            _http2 = new Http2EdgeDialer(options.Trust, options.BindAddress, time);
        }

        _current = (IEdgeDialer?)_quic ?? _http2 ?? throw new QuicUnavailableException(
            "post-quantum connections need QUIC: use --protocol quic or auto");
        LogInitial(logger, _current.Protocol);
        if (_quic is not null && options.QuicProvider == QuicProvider.MsQuic)
        {
            LogNoDatagrams(logger);
        }
    }

    /// <summary>What the next connection is dialled with.</summary>
    public IEdgeDialer Current => _current;

    /// <summary>Notes that a connection registered: its transport is the one of this process from now on.</summary>
    public void Registered() => _isSettled = true;

    /// <summary>
    /// Notes that a dial failed. Until the first connection has registered the other transport is tried next, so that a network
    /// that drops UDP costs one attempt and an edge that is down costs nothing.
    /// </summary>
    public void DialFailed(IEdgeDialer dialer)
    {
        if (_isSettled || _quic is null || _http2 is null || !ReferenceEquals(dialer, _current))
        {
            return;
        }

        _current = ReferenceEquals(dialer, _quic) ? _http2 : _quic;
        LogFallback(_logger, _current.Protocol);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var dialer in new IEdgeDialer?[] { _quic, _http2 })
        {
            if (dialer is not null)
            {
                await dialer.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private QuicEdgeDialer? CreateQuic()
    {
        try
        {
            return new QuicEdgeDialer(
                _options.Trust, _options.BindAddress,
                _options.PostQuantum ? QuicKeyExchange.RequirePostQuantum : QuicKeyExchange.PreferPostQuantum, _options.Quic,
                _options.QuicProvider);
        }
        catch (QuicUnavailableException e) when (_options.Protocol == TunnelProtocol.Auto && !_options.PostQuantum)
        {
            LogUnavailable(_logger, e.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The QUIC provider msquic has no datagrams: UDP of private networks is unavailable")]
    private static partial void LogNoDatagrams(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Initial protocol {protocol}")]
    private static partial void LogInitial(ILogger logger, string protocol);

    [LoggerMessage(Level = LogLevel.Information, Message = "Switching to fallback protocol {protocol}")]
    private static partial void LogFallback(ILogger logger, string protocol);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Going on without QUIC {reason}")]
    private static partial void LogUnavailable(ILogger logger, string reason);
}
