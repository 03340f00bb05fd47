using System.Buffers;
using System.Text;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Harness.Operations;

/// <summary>The head of an HTTP/1.1 response.</summary>
internal sealed class ResponseHeadParsing : Operation
{
    private readonly ResponseHeadParser _parser = new();
    private readonly ResponseHead _head = new();
    private readonly ReadOnlySequence<byte> _text = new(TypicalHeads.ResponseText);

    public override string Name => "origin-response/head";

    public override void Run()
    {
        _parser.Reset();
        _head.Clear();
        if (!_parser.TryParse(_text, _head, out _))
        {
            throw new InvalidOperationException("the head is complete and was not taken");
        }
    }
}

/// <summary>16 chunks of 512 bytes and a trailer.</summary>
internal sealed class ChunkDecoding : Operation
{
    private readonly ChunkDecoder _decoder = new();
    private readonly HeaderList _trailers = new();
    private readonly ReadOnlySequence<byte> _text = new(Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Repeat($"200\r\n{new string('x', 512)}\r\n", 16)) + "0\r\nX-Checksum: 1\r\n\r\n"));

    public override string Name => "origin-response/chunks";

    public override void Run()
    {
        _decoder.Reset();
        _trailers.Clear();
        var reader = new SequenceReader<byte>(_text);
        while (!_decoder.IsDone)
        {
            if (!_decoder.TryRead(ref reader, _trailers, out _) && !_decoder.IsDone)
            {
                throw new InvalidOperationException("the chunks are complete and were not taken");
            }
        }
    }
}
