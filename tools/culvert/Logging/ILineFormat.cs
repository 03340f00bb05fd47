using System.Buffers;
using Culvert.Connector.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>How a log event becomes one line of text in UTF-8. Thread-safe.</summary>
internal interface ILineFormat
{
    /// <summary>Writes the line with its line break.</summary>
    void Write(LogRecord record, IBufferWriter<byte> output);
}
