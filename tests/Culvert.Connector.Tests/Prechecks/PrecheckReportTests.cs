using System.Text;
using Culvert.Connector.Logging;
using Culvert.Connector.Prechecks;
using Culvert.Connector.Supervision;

namespace Culvert.Connector.Tests.Prechecks;

public sealed class PrecheckReportTests
{
    private static readonly Guid Run = new("6ff42ae2-765d-4adf-8112-31c55c1551ef");

    private static readonly PrecheckReport Blocked = new(
        Run,
        [
            PrecheckRow.Resolved(new ResolvedTarget("127.0.0.1:7844", [FakeProbes.First4])),
            PrecheckRow.Failed(ProbeKind.Quic, "127.0.0.1:7844", null),
            PrecheckRow.Failed(ProbeKind.Quic, "127.0.0.1:7845", null),
            PrecheckRow.Passed(ProbeKind.Http2, "127.0.0.1:7844"),
            PrecheckRow.Skipped(ProbeKind.Api, EdgeProbes.HostedApi, "not tried"),
        ],
        TunnelProtocol.Http2);

    [Fact]
    public void S11_11_TextOfABlockedTransport() => Assert.Equal(
        [
            "COMPONENT         TARGET                  STATUS  DETAILS",
            "DNS Resolution    127.0.0.1:7844          PASS    DNS Resolved successfully",
            "UDP Connectivity  127.0.0.1:7844          FAIL    QUIC connection failed",
            "UDP Connectivity  127.0.0.1:7845          FAIL    QUIC connection failed",
            "TCP Connectivity  127.0.0.1:7844          PASS    HTTP/2 connection successful",
            "Cloudflare API    api.cloudflare.com:443  SKIP    not tried",
            "WARNING: Allow outbound QUIC traffic on port 7844 or use HTTP2.",
            "",
            "SUMMARY: Environment ready with degraded transport. cloudflared will proceed using 'http2'.",
        ],
        PrecheckTable.Lines(Blocked));

    [Fact]
    public void S11_11_TextOfAnEmptyReport() => Assert.Equal(
        ["COMPONENT  TARGET  STATUS  DETAILS", "", "SUMMARY: Environment is healthy."],
        PrecheckTable.Lines(new PrecheckReport(Run, [], null)));

    [Theory]
    [InlineData(TunnelProtocol.Quic, false, "SUMMARY: Environment is healthy. cloudflared will use 'quic' as primary protocol.")]
    [InlineData(null, true, "SUMMARY: Environment has critical failures. cloudflared may not be able to establish a tunnel.")]
    public void S11_11_Summary(TunnelProtocol? suggested, bool failed, string text)
    {
        PrecheckRow[] rows = failed ? [PrecheckRow.Resolved(new ResolvedTarget("name", []))] : [];

        Assert.Equal(text, new PrecheckReport(Run, rows, suggested).Summary);
    }

    [Fact]
    public void K29_HardFailuresAreErrors()
    {
        var lines = PrecheckTable.Lines(
            Blocked with { Rows = [.. Blocked.Rows, PrecheckRow.Failed(ProbeKind.Http2, "other", null)] });

        Assert.Contains("ERROR: Allow outbound QUIC traffic on port 7844 or use HTTP2.", lines);
        Assert.Contains("ERROR: Allow outbound TCP on port 7844.", lines);
    }

    [Fact]
    public void K29_TheBoxIsAsWideAsItsLongestLineWithATitleInTheMiddle() => Assert.Equal(
        ["+---------+", "|  TITLE  |", "+---------+", "|  ab     |", "|  abcde  |", "+---------+"],
        AsciiBox.Lines(["ab", "abcde"], "TITLE"));

    [Fact]
    public async Task K29_Json()
    {
        using var output = new MemoryStream();
        await (Blocked with { Rows = [Blocked.Rows[1]] }).WriteJsonAsync(output, CancellationToken.None);

        Assert.Equal(
            """
            {
              "RunID": "6ff42ae2-765d-4adf-8112-31c55c1551ef",
              "Results": [
                {
                  "Type": 1,
                  "Component": "UDP Connectivity",
                  "Target": "127.0.0.1:7844",
                  "ProbeStatus": 1,
                  "Details": "QUIC connection failed",
                  "Action": "Allow outbound QUIC traffic on port 7844 or use HTTP2."
                }
              ],
              "SuggestedProtocol": 0
            }

            """,
            Encoding.UTF8.GetString(output.ToArray()));
    }

    [Theory]
    [InlineData(TunnelProtocol.Quic, "\"SuggestedProtocol\": 1")]
    [InlineData(null, "\"SuggestedProtocol\": null")]
    public async Task K29_JsonOfTheSuggestion(TunnelProtocol? suggested, string text)
    {
        using var output = new MemoryStream();
        await (Blocked with { Suggested = suggested }).WriteJsonAsync(output, CancellationToken.None);

        Assert.Contains(text, Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }
}
