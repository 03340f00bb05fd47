using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Culvert.Engine.Origins.Certificates;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Sockets;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>Opens connections to one origin. Thread-safe.</summary>
internal sealed class OriginDialer
{
    private readonly HttpOriginAddress _address;
    private readonly OriginRequest _settings;
    private readonly TimeProvider _time;
    private readonly TcpDialer _tcp;
    private readonly OriginTls _tls;
    private readonly bool _nameFollowsRequest;

    /// <summary>Reads the settings' certificates; dials nothing.</summary>
    /// <exception cref="IOException">The file of certificates cannot be read.</exception>
    public OriginDialer(HttpOriginAddress address, OriginRequest settings, TimeProvider time, ILogger? logger = null)
    {
        _address = address;
        _settings = settings;
        _time = time;
        _tcp = new TcpDialer(settings, time);
        _tls = new OriginTls(settings, OriginTrust.Load(settings.CaPool, logger, time));
        var isUnix = address.SocketPath is not null;
        _nameFollowsRequest = address.Tls
            && (isUnix ? settings.OriginServerName.Length == 0 : settings.MatchSniToHost);
    }

    /// <summary>
    /// The TLS name that a request's connection has to have been opened for; empty when all have the same. Connections of
    /// different names must not be mixed, which the original does (defect 12 of section 14.1).
    /// </summary>
    public ReadOnlySpan<byte> NameFor(RequestHead request)
    {
        if (!_nameFollowsRequest)
        {
            return default;
        }

        return _settings.HttpHostHeader.Length > 0 && _address.SocketPath is null
            ? default
            : HostField.WithoutPort(request.Authority);
    }

    /// <summary>Connects, with the TLS handshake if there is one.</summary>
    /// <exception cref="OriginException">There is no connection.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<OriginConnection> DialAsync(RequestHead request, CancellationToken cancellationToken)
    {
        try
        {
            var name = NameFor(request).ToArray();
            var socket = _address.SocketPath is { } path
                ? await UnixDialer.ConnectAsync(path, _settings, _time, cancellationToken).ConfigureAwait(false)
                : await _tcp.ConnectAsync(_address.Host, _address.Port, cancellationToken).ConfigureAwait(false);
            return _address.Tls
                ? await AuthenticateAsync(socket, name, cancellationToken).ConfigureAwait(false)
                : new OriginConnection(socket, _time);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or TimeoutException)
        {
            throw new OriginException(e);
        }
    }

    private async ValueTask<OriginConnection> AuthenticateAsync(
        Socket socket, byte[] name, CancellationToken cancellationToken)
    {
        var tls = new SslStream(new SocketStream(socket));
        using var deadline = Deadline.Start(_settings.TlsTimeout, _time, cancellationToken);
        try
        {
            var options = _tls.CreateOptions(NameText(name), acceptsLocalName: _address.SocketPath is not null);
            await tls.AuthenticateAsClientAsync(options, deadline.Token).ConfigureAwait(false);
            return new OriginConnection(socket, _time, tls) { ServerName = name };
        }
        catch (Exception e)
        {
            socket.Close(timeout: 0);
            await tls.DisposeAsync().ConfigureAwait(false);
            throw e is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new TimeoutException($"net/http: TLS handshake timeout after {_settings.TlsTimeout.TotalSeconds} s")
                : e;
        }
    }

    private string NameText(byte[] name)
    {
        if (name.Length > 0)
        {
            return Encoding.Latin1.GetString(name);
        }

        if (_nameFollowsRequest && _settings.HttpHostHeader.Length > 0 && _address.SocketPath is null)
        {
            return Encoding.Latin1.GetString(HostField.WithoutPort(Encoding.Latin1.GetBytes(_settings.HttpHostHeader)));
        }

        return _settings.OriginServerName.Length > 0 ? _settings.OriginServerName : _address.Host;
    }
}
