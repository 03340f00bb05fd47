using Culvert.Connector.Metrics;
using Culvert.Connector.Supervision;

namespace Culvert.Connector.Diagnostics;

/// <summary>
/// The answer of <c>/diag/tunnel</c> (supervisor-and-operations, section 7.4); what has its zero value is left out.
/// </summary>
internal static class TunnelState
{
    private const int Quic = 1;

    /// <summary>Writes the state of a connector's connections.</summary>
    public static byte[] Write(Connector connector) => JsonObject.Write(json =>
    {
        json.WriteString("tunnelID", connector.Options.Credentials.TunnelId);
        json.WriteString("connectorID", connector.Id);
        var connected = connector.Connections.Connections.Where(connection => connection.IsReady).ToArray();
        if (connected.Length > 0)
        {
            json.WriteStartArray("connections");
            foreach (var connection in connected)
            {
                json.WriteStartObject();
                json.WriteBoolean("isConnected", true);
                if (connection.Protocol == ProtocolChoice.Quic)
                {
                    json.WriteNumber("protocol", Quic);
                }

                if (connection.Edge is { } edge)
                {
                    json.WriteString("edgeAddress", edge.Address.ToString());
                }

                if (connection.Index > 0)
                {
                    json.WriteNumber("index", connection.Index);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (connector.IcmpSources is { Count: > 0 } sources)
        {
            json.WriteStartArray("icmp_sources");
            foreach (var source in sources)
            {
                json.WriteStringValue(source.ToString());
            }

            json.WriteEndArray();
        }
    });
}
