using Culvert.Connector.RemoteFeatures;
using Culvert.Transports.Connections;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Providers;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Supervision;

/// <summary>The transports of a process. Thread-safe. Disposing closes every connection they made.</summary>
internal sealed partial class EdgeDialers : IAsyncDisposable
{
    private readonly List<IEdgeDialer> _dialers = [];
    private readonly ProtocolSelector? _selector;

    /// <summary>Takes dialers over, the one to try first at the front.</summary>
    /// <param name="selector">May leave HTTP/2 alone of them; null where nobody is asked. Not owned.</param>
    /// <param name="dialers">The dialers.</param>
    public EdgeDialers(ProtocolSelector? selector, params IEnumerable<IEdgeDialer> dialers)
    {
        _selector = selector;
        _dialers.AddRange(dialers);
    }

    /// <summary>Names of the transports that may be used now, the one to try first at the front.</summary>
    public IReadOnlyList<string> Protocols =>
        _selector is { Current: TunnelProtocol.Http2 } && _dialers.Exists(dialer => dialer.Protocol == ProtocolChoice.Http2)
            ? [ProtocolChoice.Http2] : [.. _dialers.Select(dialer => dialer.Protocol)];

    /// <summary>Creates what the options allow.</summary>
    /// <param name="options">What the connector runs with.</param>
    /// <param name="selector">May leave HTTP/2 alone; null where nobody is asked. Not owned.</param>
    /// <param name="time">The clock of dials.</param>
    /// <param name="logger">Told which transport is the first.</param>
    /// <exception cref="QuicUnavailableException">QUIC alone was asked for and cannot be used here.</exception>
    public static EdgeDialers Create(ConnectorOptions options, ProtocolSelector? selector, TimeProvider time, ILogger logger)
    {
        var dialers = new EdgeDialers(selector);
        if (options.Protocol != TunnelProtocol.Http2 && TryCreateQuic(options, logger) is { } quic)
        {
            dialers._dialers.Add(quic);
        }

        if (options.Protocol != TunnelProtocol.Quic && !options.PostQuantum)
        {
            dialers._dialers.Add(new Http2EdgeDialer(options.Trust, options.BindAddress, time));
        }

        if (dialers._dialers.Count == 0)
        {
            throw new QuicUnavailableException("post-quantum connections need QUIC: use --protocol quic or auto");
        }

        LogInitial(logger, dialers.Protocols[0]);
        if (options.QuicProvider == QuicProvider.MsQuic && dialers._dialers[0].Protocol == ProtocolChoice.Quic)
        {
            LogNoDatagrams(logger);
        }

        return dialers;
    }

    /// <summary>
    /// Brings <see cref="Protocols"/> up to date, which takes <see cref="ProtocolSelector.LongestWait"/> at most. Never throws.
    /// </summary>
    public Task RefreshAsync(CancellationToken cancellationToken) =>
        _selector?.RefreshAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>The dialer of a transport.</summary>
    public IEdgeDialer Of(string protocol) => _dialers.First(dialer => dialer.Protocol == protocol);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var dialer in _dialers)
        {
            await dialer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static QuicEdgeDialer? TryCreateQuic(ConnectorOptions options, ILogger logger)
    {
        try
        {
            return new QuicEdgeDialer(
                options.Trust, options.BindAddress,
                options.PostQuantum ? QuicKeyExchange.RequirePostQuantum : QuicKeyExchange.PreferPostQuantum, options.Quic,
                options.QuicProvider);
        }
        catch (QuicUnavailableException e) when (options.Protocol == TunnelProtocol.Auto && !options.PostQuantum)
        {
            LogUnavailable(logger, e.Message);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The QUIC provider msquic has no datagrams: UDP of private networks is unavailable")]
    private static partial void LogNoDatagrams(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Initial protocol {protocol:l}")]
    private static partial void LogInitial(ILogger logger, string protocol);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Going on without QUIC {reason}")]
    private static partial void LogUnavailable(ILogger logger, string reason);
}
