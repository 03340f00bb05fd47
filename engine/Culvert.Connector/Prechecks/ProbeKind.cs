namespace Culvert.Connector.Prechecks;

/// <summary>What a pre-check looks at; the numbers are its ids in reports (supervisor-and-operations, section 7.5).</summary>
public enum ProbeKind
{
    /// <summary>Whether the edge's names have addresses.</summary>
    Dns = 0,

    /// <summary>Whether the edge answers a QUIC handshake.</summary>
    Quic = 1,

    /// <summary>Whether the edge answers a TLS handshake over TCP.</summary>
    Http2 = 2,

    /// <summary>Whether the hosted service's API takes TCP connections.</summary>
    Api = 3,
}

/// <summary>What a pre-check found; the numbers are those of reports.</summary>
public enum ProbeStatus
{
    /// <summary>It works.</summary>
    Pass = 0,

    /// <summary>It does not.</summary>
    Fail = 1,

    /// <summary>It was not tried.</summary>
    Skip = 2,
}
