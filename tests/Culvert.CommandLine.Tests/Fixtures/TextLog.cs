using System.Text;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Fixtures;

/// <summary>Keeps the text of every event.</summary>
internal sealed class TextLog : ILogger
{
    private readonly StringBuilder _text = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_text)
        {
            _text.AppendLine(formatter(state, exception));
        }
    }

    public override string ToString()
    {
        lock (_text)
        {
            return _text.ToString();
        }
    }
}
