namespace Culvert.Transports.Connections;

/// <summary>A token that ends with the caller's token or when a time is up. Disposing stops the clock.</summary>
public sealed class LinkedDeadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    /// <summary>Starts the clock.</summary>
    /// <param name="limit">How long until the token ends by itself.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the token earlier.</param>
    public LinkedDeadline(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _timer = new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    /// <summary>The token to pass on.</summary>
    public CancellationToken Token => _linked.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
