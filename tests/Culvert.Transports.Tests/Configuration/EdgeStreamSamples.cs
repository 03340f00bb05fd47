using System.Net;
using System.Text;
using System.Text.Json;
using Culvert.Transports.Configuration;
using Culvert.Transports.Sessions;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Configuration;

/// <summary>The records that the decoded fields of edge-opened RPC streams stand for.</summary>
internal static class EdgeStreamSamples
{
    public static ConfigurationUpdate Update(JsonElement call) =>
        new(call.GetProperty("version").GetInt32(), Encoding.UTF8.GetBytes(call.Text("config")));

    public static ConfigurationUpdateResult UpdateResult(JsonElement result) =>
        new(result.GetProperty("latestAppliedVersion").GetInt32(), NullIfEmpty(result.Text("err")));

    /// <param name="call">The decoded call.</param>
    /// <param name="isSent">Whether the address keeps the length that it has on the wire.</param>
    public static UdpSessionRequest Session(JsonElement call, bool isSent) => new(
        new Guid(call.Hex("sessionIdHex"), bigEndian: true),
        isSent ? new IPAddress(call.Hex("dstIpHex")) : IPAddress.Parse(call.Text("dstIp")),
        call.GetProperty("dstPort").GetUInt16(),
        TimeSpan.FromTicks(call.GetProperty("closeAfterIdleHintNanoseconds").GetInt64() / 100),
        call.Text("traceContext"));

    public static UdpSessionResult SessionResult(JsonElement result) =>
        new(NullIfEmpty(result.Text("err")), result.Hex("spansHex"));

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
