namespace Culvert.Connector.Supervision;

/// <summary>
/// How a connection that is served is ended from outside. Each attempt has one of its own: what comes too late ends with the
/// attempt it was meant for, and says nothing to the next. Thread-safe; what was asked for can be read after the disposal.
/// </summary>
/// <param name="stop">Makes it leave too.</param>
internal sealed class AttemptEnding(CancellationToken stop) : IDisposable
{
    private readonly CancellationTokenSource _leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private readonly CancellationTokenSource _break = new();
    private TimeSpan _restartAfter;

    /// <summary>Whether the connection leaves, for a stop or to be made anew at once.</summary>
    public bool Leaves => _leave.IsCancellationRequested;

    /// <summary>How long to wait after the connection was broken on purpose; null when it was not.</summary>
    public TimeSpan? RestartAfter => _break.IsCancellationRequested ? _restartAfter : null;

    /// <summary>Makes the connection unregister, and let its requests end.</summary>
    public CancellationToken Leaving => _leave.Token;

    /// <summary>Closes the connection.</summary>
    public CancellationToken Broken => _break.Token;

    /// <summary>Asks the connection to leave.</summary>
    public void Leave() => TryCancel(_leave);

    /// <summary>Breaks the connection.</summary>
    /// <param name="restartAfter">How long the next attempt waits.</param>
    /// <returns>False when the attempt has ended by itself.</returns>
    public bool Break(TimeSpan restartAfter)
    {
        // Before the token, which lets the loop read it.
        _restartAfter = restartAfter;
        return TryCancel(_break);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _leave.Dispose();
        _break.Dispose();
    }

    private static bool TryCancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
            return true;
        }
        catch (ObjectDisposedException)
        {
            // The attempt has just ended by itself.
            return false;
        }
    }
}
