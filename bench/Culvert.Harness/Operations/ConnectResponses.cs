using System.Buffers;
using Culvert.Transports.DataStreams;

namespace Culvert.Harness.Operations;

/// <summary>The answer's head of a QUIC data stream, written as the connector does.</summary>
internal sealed class ConnectResponseWriting : Operation
{
    private readonly ConnectResponseWriter _writer = new();
    private readonly OverwritingWriter _output = new(64 * 1024);

    public override string Name => "connect-response/write";

    public override void Run()
    {
        TypicalHeads.Fill(_writer);
        _writer.WriteTo(_output);
    }
}

/// <summary>The answer's head of a QUIC data stream, read as the edge does, every entry of it.</summary>
internal sealed class ConnectResponseReading : Operation
{
    private readonly ConnectResponseReader _reader = new();
    private readonly RepeatingReader _input;

    public ConnectResponseReading()
    {
        using var writer = new ConnectResponseWriter();
        var bytes = new ArrayBufferWriter<byte>();
        TypicalHeads.Fill(writer);
        writer.WriteTo(bytes);
        _input = new RepeatingReader(new ReadOnlySequence<byte>(bytes.WrittenMemory.ToArray()));
    }

    public override string Name => "connect-response/read";

    public override void Run()
    {
        _input.Rewind();
        _reader.ReadAsync(_input, CancellationToken.None).GetAwaiter().GetResult();
        Entries.Touch(_reader.Metadata);
    }
}
