using Microsoft.Extensions.Logging;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>Lines in the order they came, from a logger or a process, for tests that wait for one. Thread-safe.</summary>
internal sealed class LineLog : ILogger
{
    private readonly List<string> _lines = [];
    private TaskCompletionSource _grown = NewSignal();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        TaskCompletionSource grown;
        lock (_lines)
        {
            _lines.Add(line);
            (grown, _grown) = (_grown, NewSignal());
        }

        grown.SetResult();
    }

    /// <summary>Waits until so many lines contain the text, and returns the last of them.</summary>
    public async Task<string> WaitForAsync(string text, int times = 1)
    {
        while (true)
        {
            Task grown;
            lock (_lines)
            {
                var found = _lines.Where(line => line.Contains(text, StringComparison.Ordinal)).ToList();
                if (found.Count >= times)
                {
                    return found[times - 1];
                }

                grown = _grown.Task;
            }

            try
            {
                await grown.InTime();
            }
            catch (TimeoutException)
            {
                Assert.Fail($"No line with '{text}' ({times} times) among:\n{string.Join('\n', Lines)}");
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Add($"{logLevel}: {formatter(state, exception)}");

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
