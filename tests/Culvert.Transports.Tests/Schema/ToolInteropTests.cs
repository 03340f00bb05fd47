using System.Net;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Tests.Tool;
using Culvert.Transports.Configuration;
using Culvert.Transports.Registration;
using Culvert.Transports.Sessions;
using Culvert.Transports.Tests.Registration;

namespace Culvert.Transports.Tests.Schema;

/// <summary>Our parameters and results against the capnp tool, in both directions.</summary>
public class ToolInteropTests
{
    private const string File = "params.capnp";

    private const string Request =
        """
        (auth = (accountTag = "acc", tunnelSecret = 0x"01 02"), tunnelId = 0x"00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff",
         connIndex = 3, options = (client = (clientId = 0x"ff ee dd cc bb aa 99 88 77 66 55 44 33 22 11 00",
         features = ["one", "two"], version = "v", arch = "a"),
         originLocalIp = 0x"00 00 00 00 00 00 00 00 00 00 ff ff c6 33 64 07", replaceExisting = true, compressionQuality = 4,
         numPreviousAttempts = 5))
        """;

    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    [ToolFact]
    public async Task Registration_request_is_understood_both_ways()
    {
        var request = new RegistrationRequest(
            new TunnelAuth("acc", new byte[] { 1, 2 }),
            Id,
            3,
            new ConnectorInfo(Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100"), ["one", "two"], "v", "a"),
            IPAddress.Parse("198.51.100.7"),
            ReplaceExisting: true,
            4,
            5);
        await AssertAsync("RegisterConnectionParams", Request, request, RegistrationCodec.WriteRequest);
        var read = RegistrationCodec.ReadRequest(await EncodeAsync("RegisterConnectionParams", Request));
        RegistrationSamples.AssertEqual(request, read);
    }

    [ToolFact]
    public async Task Registration_results_are_understood_both_ways()
    {
        (string Text, RegistrationResult Result)[] cases =
        [
            ("""
             (result = (result = (connectionDetails = (uuid = 0x"00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff",
              locationName = "LHR", tunnelIsRemotelyManaged = true))))
             """,
             new ConnectionDetails(Id, "LHR", true)),
            ("""(result = (result = (error = (cause = "EDUPCONN", retryAfter = 7000000000, shouldRetry = true))))""",
             new RegistrationError(RegistrationError.Duplicate, TimeSpan.FromSeconds(7), true)),
        ];
        foreach (var (text, result) in cases)
        {
            await AssertAsync("RegisterConnectionResults", text, result, RegistrationCodec.WriteResult);
            Assert.Equal(result, RegistrationCodec.ReadResult(await EncodeAsync("RegisterConnectionResults", text)));
        }
    }

    [ToolFact]
    public async Task Sessions_are_understood_both_ways()
    {
        const string Call =
            """
            (sessionId = 0x"00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", dstIp = 0x"0a 01 02 03", dstPort = 53,
             closeAfterIdleHint = 210000000000, traceContext = "t:1:0:1")
            """;
        var request = new UdpSessionRequest(Id, IPAddress.Parse("10.1.2.3"), 53, TimeSpan.FromSeconds(210), "t:1:0:1");
        await AssertAsync("RegisterUdpSessionParams", Call, request, SessionCodec.WriteRequest);
        Assert.Equal(request, SessionCodec.ReadRequest(await EncodeAsync("RegisterUdpSessionParams", Call)));

        const string Answer = """(result = (err = "full", spans = 0x"0a"))""";
        await AssertAsync(
            "RegisterUdpSessionResults", Answer, new UdpSessionResult("full", new byte[] { 10 }), SessionCodec.WriteResult);
        var result = SessionCodec.ReadResult(await EncodeAsync("RegisterUdpSessionResults", Answer));
        Assert.Equal("full", result.Error);
        Assert.Equal([10], result.Spans.ToArray());

        const string End = """(sessionId = 0x"00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", message = "idle")""";
        await AssertAsync("UnregisterUdpSessionParams", End, (Id, "idle"), SessionCodec.WriteUnregister);
    }

    [ToolFact]
    public async Task Configuration_is_understood_both_ways()
    {
        const string Call = """(version = -5, config = 0x"7b 7d")""";
        await AssertAsync(
            "UpdateConfigurationParams", Call, new ConfigurationUpdate(-5, "{}"u8.ToArray()), ConfigurationCodec.WriteUpdate);
        var update = ConfigurationCodec.ReadUpdate(await EncodeAsync("UpdateConfigurationParams", Call));
        Assert.Equal((-5, "{}"), (update.Version, Encoding.UTF8.GetString(update.Json.Span)));

        const string Answer = """(result = (latestAppliedVersion = -1, err = "bad"))""";
        var result = new ConfigurationUpdateResult(-1, "bad");
        await AssertAsync("UpdateConfigurationResults", Answer, result, ConfigurationCodec.WriteResult);
        Assert.Equal(result, ConfigurationCodec.ReadResult(await EncodeAsync("UpdateConfigurationResults", Answer)));
    }

    private static async Task AssertAsync<T>(string type, string expected, T value, Action<PointerBuilder, T> write)
    {
        using var message = new MessageBuilder();
        write(message.Root, value);
        Assert.Equal(Normal(expected), Normal(await CapnpTool.DecodeAsync(File, type, message.Frame)));
    }

    private static async Task<PointerReader> EncodeAsync(string type, string text)
    {
        var message = new MessageReader();
        message.Open(await CapnpTool.EncodeAsync(File, type, text.ReplaceLineEndings("")));
        return message.Root;
    }

    /// <summary>The tool prints Data as a quoted string with octal escapes; here everything becomes that.</summary>
    private static string Normal(string text)
    {
        var line = text.ReplaceLineEndings("");
        while (line.IndexOf("0x\"", StringComparison.Ordinal) is >= 0 and var at)
        {
            var end = line.IndexOf('"', at + 3);
            var bytes = Convert.FromHexString(line[(at + 3)..end].Replace(" ", "", StringComparison.Ordinal));
            line = line[..at] + '"' + string.Concat(bytes.Select(Escape)) + '"' + line[(end + 1)..];
        }

        return line;
    }

    private static string Escape(byte b) => b switch
    {
        (byte)'\a' => "\\a",
        (byte)'\b' => "\\b",
        (byte)'\f' => "\\f",
        (byte)'\n' => "\\n",
        (byte)'\r' => "\\r",
        (byte)'\t' => "\\t",
        (byte)'\v' => "\\v",
        (byte)'"' => "\\\"",
        (byte)'\'' => "\\'",
        (byte)'\\' => "\\\\",
        < 0x20 or >= 0x7f => $"\\{b >> 6}{b >> 3 & 7}{b & 7}",
        _ => ((char)b).ToString(),
    };
}
