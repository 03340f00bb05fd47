namespace Culvert.Connector.Datagrams;

/// <summary>How a connection's datagrams are framed.</summary>
internal enum DatagramVersion
{
    /// <summary>Sessions by RPC, metadata behind the payload. What every connector announces.</summary>
    V2 = 2,

    /// <summary>Flows by datagrams, metadata before the payload.</summary>
    V3 = 3,
}
