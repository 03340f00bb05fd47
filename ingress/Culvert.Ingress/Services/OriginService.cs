using System.Globalization;
using Culvert.Ingress.IpAccess;

namespace Culvert.Ingress.Services;

/// <summary>
/// What an ingress rule points at; its text is how logs and configurations spell it (ingress-and-config, section 2).
/// </summary>
public abstract record OriginService
{
    private OriginService()
    {
    }

    /// <summary>
    /// An HTTP server; <paramref name="Address"/> has the scheme <c>http</c> or <c>https</c> and no path. A port that does
    /// not exist
    /// is 0 there, which no connection reaches.
    /// </summary>
    public sealed record Http(Uri Address) : OriginService
    {
        /// <summary>How the service was written: <c>ws</c> and <c>wss</c> stay, and so do a user and a query.</summary>
        public string Text { get; init; } = Address.GetLeftPart(UriPartial.Authority);

        /// <inheritdoc/>
        public override string ToString() => Text;
    }

    /// <summary>An HTTP server behind a unix socket.</summary>
    /// <param name="Path">Path of the socket, exactly as it was written.</param>
    /// <param name="Tls">Whether it speaks TLS.</param>
    public sealed record UnixSocket(string Path, bool Tls) : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => (Tls ? "unix+tls:" : "unix:") + Path;
    }

    /// <summary>
    /// A TCP server whose bytes travel in WebSocket messages: <c>tcp</c>, <c>ssh</c>, <c>rdp</c>, <c>smb</c> or any other
    /// scheme.
    /// </summary>
    /// <param name="Scheme">In lower case.</param>
    /// <param name="Host">Name or address, without brackets.</param>
    /// <param name="Port">Null when none is given and the scheme has none; such a server cannot be reached.</param>
    public sealed record Tcp(string Scheme, string Host, int? Port) : OriginService
    {
        /// <inheritdoc/>
        public override string ToString()
        {
            var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
            return string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{host}{(Port is null ? "" : ":")}{Port}");
        }
    }

    /// <summary>The built-in demo server.</summary>
    public sealed record HelloWorld : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => "hello_world";
    }

    /// <summary>A fixed status without a body.</summary>
    public sealed record Status(int Code) : OriginService
    {
        /// <summary>Whether it stands in because there are no rules; then every request is worth a warning.</summary>
        public bool InsteadOfRules { get; init; }

        /// <inheritdoc/>
        public override string ToString() => $"http_status:{Code}";
    }

    /// <summary>A TCP server that each request names (section 2.5).</summary>
    public sealed record Bastion : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => "bastion";
    }

    /// <summary>A SOCKS5 proxy, which connects where <paramref name="Access"/> allows.</summary>
    public sealed record Socks(IpAccessPolicy Access) : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => "socks-proxy";
    }
}
