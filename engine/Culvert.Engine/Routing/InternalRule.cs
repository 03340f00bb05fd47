using System.Text;
using Culvert.Engine.Origins;

namespace Culvert.Engine.Routing;

/// <summary>
/// A rule of the connector's own, which comes before every rule of its user (supervisor-and-operations, section 7.1). Immutable;
/// asking it allocates nothing.
/// </summary>
/// <param name="hostname">The host that it is for, compared exactly, case included; a port of the request does not count.</param>
/// <param name="service">Its name in logs.</param>
/// <param name="origin">What answers; not owned.</param>
public sealed class InternalRule(string hostname, string service, IOrigin origin)
{
    /// <summary>Its number in logs, whatever the number of rules.</summary>
    public const int Number = -1;

    private readonly byte[] _hostname = Encoding.Latin1.GetBytes(hostname);

    /// <summary>Its name in logs.</summary>
    public string Service { get; } = service;

    /// <summary>What answers.</summary>
    public IOrigin Origin { get; } = origin;

    /// <summary>Whether a request is for it.</summary>
    /// <param name="authority">Host of the request, with or without a port.</param>
    public bool Matches(ReadOnlySpan<byte> authority) => authority.StartsWith(_hostname)
        && (authority.Length == _hostname.Length || authority[_hostname.Length] == (byte)':');
}
