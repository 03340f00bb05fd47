namespace Culvert.Connector.Supervision;

/// <summary>Where one of the connector's connections stands.</summary>
public enum ConnectionState
{
    /// <summary>Not begun: connections after the first wait for its registration.</summary>
    Idle,

    /// <summary>An edge node is dialled, its TLS or QUIC handshake included.</summary>
    Dialling,

    /// <summary>The transport is up, the edge has not answered the registration yet.</summary>
    Registering,

    /// <summary>Registered: requests come.</summary>
    Serving,

    /// <summary>Unregistered, on purpose: requests under way go on, new ones are the edge's to route elsewhere.</summary>
    Draining,

    /// <summary>Waits for its next attempt.</summary>
    Waiting,

    /// <summary>Nothing more is attempted.</summary>
    Ended,
}

/// <summary>What happens to a connection.</summary>
public enum ConnectionEvent
{
    /// <summary>It is its turn, or its wait is over.</summary>
    Begin,

    /// <summary>The handshake succeeded.</summary>
    Dialled,

    /// <summary>There was no address, no answer, a refusal, or a failed handshake.</summary>
    DialFailed,

    /// <summary>The edge accepted the registration.</summary>
    Registered,

    /// <summary>The edge refused the registration, or did not answer it; another attempt may help.</summary>
    Refused,

    /// <summary>The edge refused the first registration of the process in a way that no attempt will change.</summary>
    RefusedForGood,

    /// <summary>The connector unregisters, because it stops or because the connection moves to another transport.</summary>
    Unregister,

    /// <summary>The transport ended, whoever ended it.</summary>
    Closed,

    /// <summary>The process stops.</summary>
    Stop,
}
