namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary>An origin that answers each request only when it is told to.</summary>
internal sealed class HeldOrigin : IAsyncDisposable
{
    private readonly RawOrigin _origin;
    private readonly SemaphoreSlim _go = new(0);
    private int _arrived;

    public HeldOrigin() => _origin = RawOrigin.Start(async peer =>
    {
        while (true)
        {
            await peer.ReadHeadAsync();
            Interlocked.Increment(ref _arrived);
            await _go.WaitAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        }
    });

    public Uri Address => _origin.Address;

    public Task ArrivedAsync(int requests) =>
        Deadline.UntilAsync(() => Volatile.Read(ref _arrived) >= requests, $"{requests} requests at the origin");

    public void Answer(int requests = 1) => _go.Release(requests);

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _go.Dispose();
    }
}
