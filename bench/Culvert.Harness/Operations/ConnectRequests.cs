using System.Buffers;
using Culvert.Transports.DataStreams;

namespace Culvert.Harness.Operations;

/// <summary>The head of a QUIC data stream, written as the edge does.</summary>
internal sealed class ConnectRequestWriting : Operation
{
    private readonly ConnectRequestWriter _writer = new();
    private readonly OverwritingWriter _output = new(64 * 1024);

    public override string Name => "connect-request/write";

    public override void Run()
    {
        TypicalHeads.Fill(_writer);
        _writer.WriteTo(_output);
    }
}

/// <summary>The head of a QUIC data stream, read as the connector does, every entry of it.</summary>
internal sealed class ConnectRequestReading : Operation
{
    private readonly ConnectRequestReader _reader = new();
    private readonly RepeatingReader _input;

    public ConnectRequestReading()
    {
        using var writer = new ConnectRequestWriter();
        var bytes = new ArrayBufferWriter<byte>();
        TypicalHeads.Fill(writer);
        writer.WriteTo(bytes);
        _input = new RepeatingReader(new ReadOnlySequence<byte>(bytes.WrittenMemory.ToArray()));
    }

    public override string Name => "connect-request/read";

    public override void Run()
    {
        _input.Rewind();
        _reader.ReadAsync(_input, CancellationToken.None).GetAwaiter().GetResult();
        Entries.Touch(_reader.Metadata);
    }
}
