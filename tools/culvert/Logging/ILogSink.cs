namespace Culvert.CommandLine.Logging;

/// <summary>Where lines end up. Used by one thread at a time.</summary>
internal interface ILogSink : IDisposable
{
    /// <summary>Writes whole lines in UTF-8 and hands them to the system.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    void Write(ReadOnlySpan<byte> lines);
}
