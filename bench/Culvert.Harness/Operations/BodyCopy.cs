using System.Buffers;
using Culvert.Transports.Streams;

namespace Culvert.Harness.Operations;

/// <summary>64 KiB from one pipe into another.</summary>
internal sealed class BodyCopy : Operation
{
    private const int Size = 64 * 1024;
    private readonly RepeatingReader _source = new(new ReadOnlySequence<byte>(new byte[Size]));
    private readonly OverwritingWriter _destination = new(Size + 4096);

    public override string Name => "body/copy";

    public override void Run()
    {
        _source.Rewind();
        if (!PipeCopy.RunAsync(_source, _destination, CancellationToken.None).GetAwaiter().GetResult())
        {
            throw new InvalidOperationException("the copy ended early");
        }
    }
}
