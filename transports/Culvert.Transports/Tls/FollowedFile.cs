namespace Culvert.Transports.Tls;

/// <summary>
/// What was read from a file, which is read again when the file has changed. Looked at when the content is asked for, once a
/// second at most. A file that can no longer be used leaves what was there, and is told once. Thread-safe.
/// </summary>
/// <typeparam name="T">What the file is made into.</typeparam>
public sealed class FollowedFile<T>
    where T : class
{
    private readonly string _path;
    private readonly Func<string, T> _read;
    private readonly Action<Exception> _failed;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile T _current;
    private Stamp _stamp;
    private long _lookedAt;

    /// <summary>Reads the file for the first time.</summary>
    /// <param name="path">The file, or a symbolic link to it.</param>
    /// <param name="read">Makes it into something; what it throws is thrown here, and told later.</param>
    /// <param name="failed">Hears why a changed file is not used.</param>
    /// <param name="time">The clock.</param>
    public FollowedFile(string path, Func<string, T> read, Action<Exception> failed, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(time);
        _path = path;
        _read = read;
        _failed = failed;
        _time = time;

        // Before the content: what changes in between is seen next time.
        _stamp = Stamp.Of(path);
        _current = read(path);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>What the file was made into when it was usable last.</summary>
    public T Current
    {
        get
        {
            // Whoever comes while another looks takes what there is.
            if (_time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= FollowedFile.Interval && _lock.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    _lock.Exit();
                }
            }

            return _current;
        }
    }

    private void Look()
    {
        Volatile.Write(ref _lookedAt, _time.GetTimestamp());
        var stamp = Stamp.Of(_path);
        if (stamp == _stamp)
        {
            return;
        }

        _stamp = stamp;
        try
        {
            _current = _read(_path);
        }
        catch (Exception e)
        {
            _failed(e);
        }
    }

    // A file that is replaced by renaming another has another time or length; through links, the file at their end counts.
    private readonly record struct Stamp(DateTime Written, long Length)
    {
        public static Stamp Of(string path)
        {
            try
            {
                var file = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
                return file.Exists ? new Stamp(file.LastWriteTimeUtc, file.Length) : default;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return default;
            }
        }
    }
}

/// <summary>What holds for every <see cref="FollowedFile{T}"/>.</summary>
public static class FollowedFile
{
    /// <summary>Shortest time between two looks at a file.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);
}
