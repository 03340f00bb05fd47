using System.Buffers;
using System.Text;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Bodies that go past the reader's buffer, straight between the origin's socket and the tunnel's memory.</summary>
public sealed class HttpOriginLargeBodyTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly RawOrigin _server = new();
    private readonly HttpOrigin _origin;
    private readonly string _text;

    public HttpOriginLargeBodyTests()
    {
        _origin = new HttpOrigin(_server.Address, time: new FakeTime());
        var random = new Random(3);
        _text = string.Create(400_000, random, static (span, random) =>
        {
            foreach (ref var c in span)
            {
                c = (char)random.Next(256);
            }
        });
    }

    [Theory]
    [InlineData("length")]
    [InlineData("chunks")]
    [InlineData("long chunks")]
    [InlineData("connection")]
    public async Task Response_is_whole_and_leaves_the_connection_where_the_next_one_begins(string framing)
    {
        using var stream = new FakeEdgeStream();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync(Response(framing));
        if (framing == "connection")
        {
            connection.Dispose();
        }

        await serving.WaitAsync(Limit);
        Assert.Equal(_text, await ReadAsync(stream));
        Assert.Equal(framing == "connection" ? 0 : 1, _origin.IdleConnections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_body_is_whole(bool announced)
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        stream.Request.ContentLength = announced ? _text.Length : null;
        var writing = WriteAsync(stream);
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        Assert.Equal(_text, announced ? await connection.ReadAllUntilAsync("", _text.Length) : await ReadChunksAsync(connection));
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);
        await writing;
        Assert.Equal(1, _origin.IdleConnections);
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private string Response(string framing)
    {
        var chunk = framing == "chunks" ? 3_000 : 30_000;
        return "HTTP/1.1 200 OK\r\n" + framing switch
        {
            "length" => $"Content-Length: {_text.Length}\r\n\r\n{_text}",
            "connection" => $"\r\n{_text}",
            _ => "Transfer-Encoding: chunked\r\n\r\n"
                + string.Concat(_text.Chunk(chunk).Select(c => $"{c.Length:x}\r\n{new string(c)}\r\n")) + "0\r\n\r\n",
        };
    }

    private async Task WriteAsync(FakeEdgeStream stream)
    {
        await stream.Body.WriteAsync(Encoding.Latin1.GetBytes(_text));
        await stream.Body.CompleteAsync();
    }

    private static async Task<string> ReadChunksAsync(RawOrigin.Connection connection)
    {
        var text = new StringBuilder();
        while (true)
        {
            var size = Convert.ToInt32((await connection.ReadUntilAsync("\r\n")).Trim(), 16);
            if (size > 0)
            {
                text.Append(await connection.ReadAllUntilAsync("", size));
            }

            Assert.Equal("\r\n", await connection.ReadUntilAsync("\r\n"));
            if (size == 0)
            {
                return text.ToString();
            }
        }
    }

    private static async Task<string> ReadAsync(FakeEdgeStream stream)
    {
        await stream.Output.CompleteAsync();
        var read = await stream.Response.ReadAtLeastAsync(int.MaxValue).AsTask().WaitAsync(Limit);
        return Encoding.Latin1.GetString(read.Buffer.ToArray());
    }
}
