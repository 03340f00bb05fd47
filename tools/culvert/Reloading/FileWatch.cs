namespace Culvert.CommandLine.Reloading;

/// <summary>
/// Tells when files have changed, however that was done: written in place, replaced, or reached over another link. It looks once
/// a second, which costs a system call or two, works on every file system, and needs none of the system's few notification
/// handles.
/// </summary>
/// <param name="look">The state of the files now, see <see cref="FileState"/>.</param>
/// <param name="time">The clock.</param>
internal sealed class FileWatch(Func<string> look, TimeProvider time)
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile string _known = look();

    /// <summary>
    /// Takes the files as they are now for known; called before they are read for another reason than a change.
    /// </summary>
    public void Known() => _known = look();

    /// <summary>Waits until the files differ from what was known last and have been the same for an interval.</summary>
    public async Task ChangedAsync(CancellationToken cancellationToken)
    {
        var last = _known;
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
            var now = look();
            if (now == last && now != _known)
            {
                _known = now;
                return;
            }

            last = now;
        }
    }
}
