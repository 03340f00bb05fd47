using System.Net;
using Culvert.Ingress.Values;

namespace Culvert.Engine.Flows;

/// <summary>
/// The reserved destination that stands for the connector's own DNS resolver (datagrams, section 8.3). Thread-safe.
/// </summary>
public sealed class VirtualDns
{
    /// <summary>Most resolvers an operator may name.</summary>
    public const int MaxResolvers = 10;

    /// <summary>Port of the reserved destination.</summary>
    public const ushort Port = 53;

    /// <summary>How long a TCP connection to a resolver may take.</summary>
    public static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long what the system's configuration said is believed.</summary>
    public static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<IPEndPoint> _named;
    private readonly Func<string?> _readConfiguration;
    private readonly TimeProvider _time;
    private IPEndPoint _found = new(IPAddress.Loopback, Port);
    private long _readAt;
    private int _wasRead;
    private long _udpDials;
    private long _tcpDials;

    /// <summary>Uses the named resolvers, one at random for each flow, or the system's first when none is named.</summary>
    /// <exception cref="ArgumentException">More than ten are named.</exception>
    public VirtualDns(IReadOnlyList<IPEndPoint>? named = null, TimeProvider? time = null)
        : this(named, ReadSystemConfiguration, time ?? TimeProvider.System)
    {
    }

    internal VirtualDns(IReadOnlyList<IPEndPoint>? named, Func<string?> readConfiguration, TimeProvider time)
    {
        _named = named ?? [];
        if (_named.Count > MaxResolvers)
            throw new ArgumentException($"too many addresses provided, max: {MaxResolvers}", nameof(named));
        _readConfiguration = readConfiguration;
        _time = time;
    }

    /// <summary>The reserved address, 2606:4700:cf1:2000::1, as 16 bytes.</summary>
    public static ReadOnlySpan<byte> Address => [0x26, 0x06, 0x47, 0x00, 0x0c, 0xf1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// <summary>Flows that went to a resolver: <c>cloudflared_virtual_origins_dns_requests_total</c>.</summary>
    public long Dials(FlowKind kind) => Volatile.Read(ref kind == FlowKind.Tcp ? ref _tcpDials : ref _udpDials);

    /// <summary>
    /// True for exactly the reserved address and port; an IPv4-mapped or neighbouring one is an ordinary destination.
    /// </summary>
    public static bool IsReserved(ReadOnlySpan<byte> address, ushort port) => port == Port && address.SequenceEqual(Address);

    /// <summary>The same for an address with a port.</summary>
    public static bool IsReserved(IPEndPoint destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Span<byte> address = stackalloc byte[16];
        return destination.Address.TryWriteBytes(address, out var length)
            && IsReserved(address[..length], (ushort)destination.Port);
    }

    /// <summary>Where a flow to the reserved destination goes; counts it.</summary>
    public IPEndPoint Choose(FlowKind kind)
    {
        Interlocked.Increment(ref kind == FlowKind.Tcp ? ref _tcpDials : ref _udpDials);
        if (_named.Count > 0)
            return _named[Random.Shared.Next(_named.Count)];
        if (Volatile.Read(ref _wasRead) == 0 || _time.GetElapsedTime(Volatile.Read(ref _readAt)) >= RefreshInterval)
            Refresh();
        return Volatile.Read(ref _found);
    }

    /// <summary>The first name server of a resolv.conf, or null.</summary>
    internal static IPEndPoint? FirstNameServer(string configuration)
    {
        foreach (var line in configuration.AsSpan().EnumerateLines())
        {
            var rest = line.Trim();
            if (!rest.StartsWith("nameserver", StringComparison.Ordinal) || rest.Length < 12 || !char.IsWhiteSpace(rest[10]))
                continue;
            rest = rest[10..].Trim();
            var end = rest.IndexOfAny(" \t#;");
            if (IpText.TryParseAddress(end < 0 ? rest : rest[..end], out var address))
                return new IPEndPoint(address, Port);
        }
        return null;
    }

    // What cannot be read leaves the resolver as it was.
    private void Refresh()
    {
        Volatile.Write(ref _readAt, _time.GetTimestamp());
        Volatile.Write(ref _wasRead, 1);
        if (_readConfiguration() is { } text && FirstNameServer(text) is { } found)
            Volatile.Write(ref _found, found);
    }

    private static string? ReadSystemConfiguration()
    {
        try
        {
            return File.ReadAllText("/etc/resolv.conf");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
