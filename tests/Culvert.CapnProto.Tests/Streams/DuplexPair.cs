using System.IO.Pipelines;

namespace Culvert.CapnProto.Tests.Streams;

/// <summary>Two ends of one stream in memory.</summary>
internal sealed class DuplexPair
{
    public DuplexPair()
    {
        // Tests that only look at one direction must not be held back by the other.
        var options = new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false);
        var (up, down) = (new Pipe(options), new Pipe(options));
        Near = new End(down.Reader, up.Writer);
        Far = new End(up.Reader, down.Writer);
    }

    public IDuplexPipe Near { get; }

    public IDuplexPipe Far { get; }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
