using System.Text;

namespace Culvert.CommandLine.Logging;

/// <summary>The error stream of a command, which stays open.</summary>
internal sealed class WriterSink(TextWriter writer) : ILogSink
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        writer.Write(Encoding.UTF8.GetString(lines));
        writer.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
