using System.Net;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>
/// Which of a name's addresses is connected to (RFC 8305 as the original has it): those of the first address's family one
/// after the other, and those of the other family in a second row that starts after a delay or when the first row has failed.
/// </summary>
/// <typeparam name="T">What an attempt gives.</typeparam>
internal sealed class HappyEyeballs<T>(TimeProvider time)
    where T : class, IDisposable
{
    /// <summary>Head start of the first family.</summary>
    public static readonly TimeSpan FallbackDelay = TimeSpan.FromMilliseconds(300);

    /// <summary>Tries to connect to one address; fails with <see cref="DialException"/>.</summary>
    public delegate ValueTask<T> Attempt(IPAddress address, CancellationToken cancellationToken);

    /// <summary>Tries the addresses one after the other.</summary>
    /// <exception cref="DialException">All failed; the first failure.</exception>
    public static async Task<T> InTurnAsync(
        IReadOnlyList<IPAddress> addresses, Attempt connect, CancellationToken cancellationToken)
    {
        DialException? first = null;
        foreach (var address in addresses)
        {
            try
            {
                return await connect(address, cancellationToken).ConfigureAwait(false);
            }
            catch (DialException e)
            {
                first ??= e;
            }
        }

        throw first!;
    }

    /// <summary>Races the families.</summary>
    /// <exception cref="DialException">All failed; the failure of the first address.</exception>
    public async Task<T> RaceAsync(IReadOnlyList<IPAddress> addresses, Attempt connect, CancellationToken cancellationToken)
    {
        IPAddress[] primary = [.. addresses.Where(a => a.AddressFamily == addresses[0].AddressFamily)];
        IPAddress[] fallback = [.. addresses.Where(a => a.AddressFamily != addresses[0].AddressFamily)];
        if (fallback.Length == 0)
        {
            return await InTurnAsync(primary, connect, cancellationToken).ConfigureAwait(false);
        }

        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = InTurnAsync(primary, connect, decided.Token);
        var second = FallBackAsync(first, fallback, connect, decided.Token);
        var winner = await Task.WhenAny(first, second).ConfigureAwait(false);
        if (!winner.IsCompletedSuccessfully)
        {
            winner = winner == first ? second : first;
            await ((Task)winner).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await decided.CancelAsync().ConfigureAwait(false);
        var loser = winner == first ? second : first;
        await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (winner.IsCompletedSuccessfully)
        {
            if (loser.IsCompletedSuccessfully)
            {
                loser.Result.Dispose();
            }

            return winner.Result;
        }

        return await first.ConfigureAwait(false);
    }

    private async Task<T> FallBackAsync(
        Task first, IPAddress[] addresses, Attempt connect, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(FallbackDelay, time, waiting.Token);
        await Task.WhenAny(first, delay).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first.IsCompletedSuccessfully
            ? throw new OperationCanceledException("the first family has connected")
            : await InTurnAsync(addresses, connect, cancellationToken).ConfigureAwait(false);
    }
}
