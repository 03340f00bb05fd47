using System.Diagnostics.CodeAnalysis;
using Culvert.Engine.Origins.Tcp;

namespace Culvert.Engine.Routing;

/// <summary>
/// Rules with their origins, and the private networks' settings, kept alive by the requests that run on them. It counts one lease
/// for being in force and one for each request. Thread-safe; taking and returning a lease allocates nothing.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its source has neither timer nor handle.")]
internal sealed class LeasedTable(OriginTable origins, PrivateNetworkOrigin privateNetwork)
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _leases = 1;

    /// <summary>The rules and what answers them.</summary>
    public OriginTable Origins { get; } = origins;

    /// <summary>What answers the streams of private networks.</summary>
    public PrivateNetworkOrigin PrivateNetwork { get; } = privateNetwork;

    /// <summary>Cancelled when the requests that still run have to end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Ends when the last lease was returned.</summary>
    public Task Unused => _unused.Task;

    /// <summary>Takes a lease, which the caller gives back with <see cref="Return"/>.</summary>
    /// <returns>False when the last lease was returned already: the origins are stopped, or about to be.</returns>
    public bool TryTake()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    /// <summary>Gives a lease back; once for each that was taken, and once by whoever replaces the table.</summary>
    public void Return()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            _unused.SetResult();
        }
    }

    /// <summary>Ends the requests that still run.</summary>
    public void Stop() => _stopping.Cancel();
}
