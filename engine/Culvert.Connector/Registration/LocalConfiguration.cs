using System.Buffers;
using System.Text.Json;
using Culvert.Ingress.Snapshots;

namespace Culvert.Connector.Registration;

/// <summary>The JSON by which a connector tells the edge its rules (quic-and-rpc, section 3.7, updateLocalConfiguration).</summary>
internal static class LocalConfiguration
{
    public static ReadOnlyMemory<byte> Write(IngressSnapshot snapshot)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("ingress");
            foreach (var rule in snapshot.Rules)
            {
                json.WriteStartObject();
                json.WriteString("service", rule.Service.ToString());
                json.WriteStartObject("originRequest");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("warp-routing");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
