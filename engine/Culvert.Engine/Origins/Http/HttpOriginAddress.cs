namespace Culvert.Engine.Origins.Http;

/// <summary>Where an HTTP origin listens: a TCP port or a unix socket, with TLS or without. Immutable.</summary>
public sealed record HttpOriginAddress
{
    private HttpOriginAddress()
    {
    }

    /// <summary>Whether the origin speaks TLS.</summary>
    public required bool Tls { get; init; }

    /// <summary>A name in ASCII or an IP address without brackets; <c>localhost</c> for a unix socket.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port; 0 for a unix socket.</summary>
    public int Port { get; init; }

    /// <summary>The file of a unix socket, or null.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Host field of a request that has none.</summary>
    public string HostField { get; private init; } = "localhost";

    /// <summary>The address of a service URL. <c>ws</c> and <c>wss</c> stand for <c>http</c> and <c>https</c>; a path is
    /// ignored.</summary>
    /// <exception cref="ArgumentException">Another scheme.</exception>
    public static HttpOriginAddress Of(Uri service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var tls = service.Scheme switch
        {
            "http" or "ws" => false,
            "https" or "wss" => true,
            _ => throw new ArgumentException($"{service.Scheme} is not a scheme of HTTP", nameof(service)),
        };
        var host = service.IdnHost.Trim('[', ']');
        var field = service.HostNameType == UriHostNameType.IPv6 ? $"[{host}]" : host;
        return new()
        {
            Tls = tls,
            Host = host,
            Port = service.Port,
            HostField = service.IsDefaultPort ? field : $"{field}:{service.Port}",
        };
    }

    /// <summary>The address of a unix socket.</summary>
    /// <param name="path">Taken as it is; one that no socket can have fails when it is dialled.</param>
    /// <param name="tls">Whether the origin speaks TLS.</param>
    public static HttpOriginAddress Unix(string path, bool tls = false) =>
        new() { Tls = tls, Host = "localhost", SocketPath = path };
}
