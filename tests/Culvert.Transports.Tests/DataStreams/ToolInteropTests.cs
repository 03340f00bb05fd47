using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Culvert.CapnProto.Tests.Tool;
using Culvert.Transports.DataStreams;

namespace Culvert.Transports.Tests.DataStreams;

/// <summary>Heads of data streams against the capnp tool, in both directions.</summary>
public class ToolInteropTests
{
    private const string File = "connect.capnp";

    [ToolFact]
    public async Task Request_is_understood_both_ways()
    {
        const string Text =
            """(dest = "/a?b", type = websocket, """ +
            """metadata = [(key = "HttpMethod", val = "GET"), (key = "HttpHeader:A", val = "1")])""";
        using var writer = new ConnectRequestWriter();
        var output = new ArrayBufferWriter<byte>();
        writer.Start(ConnectionType.WebSocket, "/a?b"u8);
        writer.Add(MetadataKey.HttpMethod, "GET"u8);
        writer.AddHeader("A"u8, "1"u8);
        writer.WriteTo(output);
        Assert.Equal(Text, await CapnpTool.DecodeAsync(File, "ConnectRequest", output.WrittenMemory[StreamPreamble.DataBytes..]));

        using var reader = new ConnectRequestReader();
        await reader.ReadAsync(await StreamAsync("ConnectRequest", Text), default);
        Assert.Equal("/a?b", Encoding.UTF8.GetString(reader.Dest));
        Assert.Equal(ConnectionType.WebSocket, reader.Type);
        HeadSamples.AssertEqual(
            [("HttpMethod"u8.ToArray(), "GET"u8.ToArray()), ("HttpHeader:A"u8.ToArray(), "1"u8.ToArray())], reader.Metadata);
    }

    [ToolFact]
    public async Task Response_is_understood_both_ways()
    {
        const string Text = """(error = "no", metadata = [(key = "HttpStatus", val = "502")])""";
        using var writer = new ConnectResponseWriter();
        var output = new ArrayBufferWriter<byte>();
        writer.Start("no"u8);
        writer.AddStatus(502);
        writer.WriteTo(output);
        var message = output.WrittenMemory[StreamPreamble.DataBytes..];
        Assert.Equal(Text, await CapnpTool.DecodeAsync(File, "ConnectResponse", message));

        using var reader = new ConnectResponseReader();
        await reader.ReadAsync(await StreamAsync("ConnectResponse", Text), default);
        Assert.Equal("no", Encoding.UTF8.GetString(reader.Error));
        HeadSamples.AssertEqual([("HttpStatus"u8.ToArray(), "502"u8.ToArray())], reader.Metadata);
    }

    private static async Task<PipeReader> StreamAsync(string type, string text)
    {
        var message = await CapnpTool.EncodeAsync(File, type, text);
        byte[] stream = [.. StreamPreamble.DataSignature, .. StreamPreamble.Version, .. message];
        return PipeReader.Create(new ReadOnlySequence<byte>(stream));
    }
}
