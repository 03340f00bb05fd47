using System.Buffers;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using static Culvert.Engine.Tests.Origins.Http.Responses.Pieces;

namespace Culvert.Engine.Tests.Origins.Http.Responses;

public class ResponseHeadParserTests
{
    public static TheoryData<string, string, string> Valid { get; } = new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200|Content-Length: 5", "Length 5 kept" },
        { "HTTP/1.1 200\r\nContent-Length:5\r\n\r\n", "200|Content-Length: 5", "Length 5 kept" },
        { "HTTP/1.1 200 \r\nContent-Length:\t 5 \t\r\n\r\n", "200|Content-Length: 5", "Length 5 kept" },
        { "HTTP/1.1 999 \u00e9\r\nx-e:\r\n\r\n", "999|x-e: ", "Connection 0 kept" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\nTrailer:\r\nA: 1\r\na: 2\r\n\r\n", "200|A: 1|a: 2", "Chunks 0 kept" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 7\r\ncontent-length: 07\r\n\r\n", "200|Content-Length: 7", "Length 7 kept" },
        { "HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\n\r\n", "200|Connection: Keep-Alive", "Connection 0 kept" },
        { "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nA: 1\r\nConnection: y\r\n\r\n", "200|A: 1", "Connection 0 closed" },
        { "HTTP/1.1 200 OK\r\nConnection: closed\r\n\r\n", "200|Connection: closed", "Connection 0 kept" },
        { "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", "200|Content-Length: 1", "Length 1 closed" },
        { "HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", "204|Content-Length: 9", "Absent 9 kept" },
        { "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", "304|Content-Length: 9", "Absent 9 kept" },
        { "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n", "101|Upgrade: websocket", "Absent 0 kept" },
        { "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nL: a\r\n\r\nHTTP/1.1 200 O\r\nA: b\r\n\r\n", "200|A: b", "Connection 0 kept" },
    };

    public static TheoryData<string> Invalid { get; } = new()
    {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: \u000bchunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n",
        "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
        "HTTP/1.1 200 OK\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n\n",
        "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA\t: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA(: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\u00e9: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA\0: b\r\n\r\n",
        "HTTP/1.1 200 O\0K\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20a OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "nonsense\r\n\r\n",
        "HTTP/1.1 100 C\r\nA : b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\nHTTP/1.1 200 OK\r\n\r\n",
    };

    [Theory, MemberData(nameof(Valid))]
    public void Head_is_read_however_it_is_split(string text, string head, string framing)
    {
        var bytes = Bytes(text + "body");
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal((head, framing, "body"), Parse(bytes, split));
        }

        Assert.Equal((head, framing, "body"), ParseEachByte(bytes));
    }

    [Theory, MemberData(nameof(Invalid))]
    public void Head_that_could_be_misread_is_refused_however_it_is_split(string text)
    {
        var bytes = Bytes(text + "body");
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Throws<ResponseFormatException>(() => Parse(bytes, split));
        }

        Assert.Throws<ResponseFormatException>(() => ParseEachByte(bytes));
    }

    [Fact]
    public void Answer_to_head_has_no_body()
    {
        var parser = new ResponseHeadParser();
        var bytes = Bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        Assert.True(parser.TryParse(new(bytes), new ResponseHead(), out _));
        Assert.Equal((BodyEnd.Absent, BodyEnd.Chunks), (parser.DecideBody(toHead: true), parser.DecideBody(toHead: false)));
    }

    [Fact]
    public void As_many_fields_as_a_list_holds_are_taken_and_no_more()
    {
        var fields = string.Concat(Enumerable.Repeat("a: b\r\n", HeaderList.MaxCount));
        Assert.StartsWith("200|a: b|", Parse(Bytes($"HTTP/1.1 200 OK\r\n{fields}\r\nbody"), 0).Head);
        Assert.Throws<ResponseFormatException>(() => Parse(Bytes($"HTTP/1.1 200 OK\r\n{fields}Trailer: x\r\n\r\nbody"), 0));
    }

    [Fact]
    public void Head_larger_than_a_mebibyte_is_refused_before_it_ends()
    {
        var bytes = Bytes("HTTP/1.1 200 OK\r\nA: " + new string('a', LineReader.MaxSectionBytes));
        Assert.Throws<ResponseFormatException>(() => Parse(bytes, bytes.Length / 2));
    }

    [Fact]
    public void Interim_heads_count_together()
    {
        var interim = $"HTTP/1.1 103 E\r\nA: {new string('a', 300_000)}\r\n\r\n";
        var bytes = Bytes(string.Concat(Enumerable.Repeat(interim, 4)));
        Assert.Throws<ResponseFormatException>(() => Parse(bytes, 1));
    }

    [Fact]
    public void Fuzzed_heads_end_in_a_head_or_in_a_refusal()
    {
        string[] seeds = [.. Valid.Cast<object[]>().Concat(Invalid.Cast<object[]>()).Select(row => (string)row[0])];
        var random = new Random(20261122);
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = Bytes(seeds[random.Next(seeds.Length)] + "body");
            for (var change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)"\r\n\0 \t:;,"[random.Next(8)],
                    _ => bytes[random.Next(bytes.Length)],
                };
            }

            var error = Record.Exception(() => Parse(bytes, random.Next(bytes.Length)));
            Assert.True(error is null or ResponseFormatException or EndOfStreamException, $"{round}: {error}");
        }
    }

    private static (string Head, string Framing, string Left) Parse(byte[] bytes, int split)
    {
        var run = new Run();
        var first = run.Feed(new(bytes.AsMemory(0, split)));
        return first is null ? run.Feed(Of(bytes.AsMemory(run.Consumed, split - run.Consumed), bytes.AsMemory(split)))
            ?? throw new EndOfStreamException() : run.Result(bytes);
    }

    private static (string Head, string Framing, string Left) ParseEachByte(byte[] bytes)
    {
        var run = new Run();
        for (var end = 1; end <= bytes.Length; end++)
        {
            if (run.Feed(new(bytes.AsMemory(run.Consumed, end - run.Consumed))) is not null)
            {
                return run.Result(bytes);
            }
        }

        throw new EndOfStreamException();
    }

    private sealed class Run
    {
        private readonly ResponseHeadParser _parser = new();
        private readonly ResponseHead _head = new();

        public int Consumed { get; private set; }

        /// <summary>Parses on; the rest is what follows the head in these bytes.</summary>
        public (string Head, string Framing, string Left)? Feed(ReadOnlySequence<byte> bytes)
        {
            while (true)
            {
                var complete = _parser.TryParse(bytes, _head, out var consumed);
                Consumed += (int)bytes.Slice(0, consumed).Length;
                bytes = bytes.Slice(consumed);
                if (!complete)
                {
                    return null;
                }

                if (!_parser.IsInterim)
                {
                    return Result(bytes.ToArray(), 0);
                }

                _head.Clear();
                _parser.Next();
            }
        }

        public (string Head, string Framing, string Left) Result(byte[] bytes) => Result(bytes, Consumed);

        private (string Head, string Framing, string Left) Result(byte[] bytes, int consumed)
        {
            var fields = Enumerable.Range(0, _head.Headers.Count)
                .Select(i => $"|{_head.Headers[i].NameText}: {_head.Headers[i].ValueText}");
            var kept = _parser.KeepsConnection ? "kept" : "closed";
            return ($"{_head.Status}{string.Concat(fields)}", $"{_parser.DecideBody(false)} {_parser.Length} {kept}",
                System.Text.Encoding.Latin1.GetString(bytes.AsSpan(consumed)));
        }
    }
}
