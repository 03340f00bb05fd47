namespace Culvert.Connector.Supervision;

/// <summary>The two steps of a graceful stop: it was asked for, and its time is up.</summary>
internal sealed class GracePeriod : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _asked;
    private ITimer? _timer;

    public GracePeriod(TimeSpan length, TimeProvider time, CancellationToken asked)
    {
        Length = length;
        Asked = asked;
        _asked = asked.UnsafeRegister(_ => Begin(time), null);
    }

    /// <summary>How long open requests may go on.</summary>
    public TimeSpan Length { get; }

    /// <summary>Cancelled when the stop was asked for.</summary>
    public CancellationToken Asked { get; }

    /// <summary>Cancelled when the time is up.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _asked.Dispose();
        _timer?.Dispose();
        _over.Dispose();
    }

    private void Begin(TimeProvider time)
    {
        if (Length <= TimeSpan.Zero)
        {
            _over.Cancel();
        }
        else
        {
            _timer = time.CreateTimer(
                state => ((CancellationTokenSource)state!).Cancel(), _over, Length, Timeout.InfiniteTimeSpan);
        }
    }
}
