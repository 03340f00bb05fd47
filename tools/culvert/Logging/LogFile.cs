using System.Globalization;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// A log file that grows (<c>--logfile</c>), or one in a directory that is renamed when it is full (<c>--log-directory</c>):
/// supervisor-and-operations, section 8.1. Used by one thread at a time.
/// </summary>
internal sealed class LogFile : ILogSink
{
    /// <summary>Name of the file in a directory.</summary>
    public const string NameInDirectory = "cloudflared.log";

    /// <summary>Bytes of a file in a directory before the next one is begun.</summary>
    public const int MaxBytes = 1_000_000;

    /// <summary>Full files that are kept.</summary>
    public const int MaxBackups = 5;

    private const string BackupPattern = "cloudflared-????-??-??T??-??-??.???.log";

    private const string BackupFormat = "'cloudflared-'yyyy-MM-dd'T'HH-mm-ss.fff'.log'";

    private const UnixFileMode FileMode0644 =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode DirectoryMode0744 = FileMode0644 | UnixFileMode.UserExecute;

    private readonly string _path;
    private readonly bool _rotates;
    private readonly TimeProvider _time;
    private FileStream? _file;

    private LogFile(string path, bool rotates, TimeProvider time)
    {
        _path = path;
        _rotates = rotates;
        _time = time;
        CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = Open();
    }

    /// <summary>Opens a file to append to; its directories are made.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static LogFile AppendTo(string path, TimeProvider time) => new(path, rotates: false, time);

    /// <summary>Opens the file of a directory, which is made.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static LogFile InDirectory(string directory, TimeProvider time) =>
        new(Path.Join(directory, NameInDirectory), rotates: true, time);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        _file ??= Open();

        // Somebody may have cut the file off, as log rotation by copying does.
        var length = _file.Seek(0, SeekOrigin.End);
        while (!lines.IsEmpty)
        {
            var part = lines;
            if (_rotates && length + lines.Length > MaxBytes)
            {
                part = lines[..Fitting(lines, MaxBytes - length)];
                if (part.IsEmpty && length > 0)
                {
                    Rotate();
                    length = 0;
                    continue;
                }

                // A line that is longer than a whole file may be is not cut.
                part = part.IsEmpty ? lines[..(lines.IndexOf((byte)'\n') + 1)] : part;
            }

            _file!.Write(part);
            length += part.Length;
            lines = lines[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    // Bytes of the whole lines that fit.
    private static int Fitting(ReadOnlySpan<byte> lines, long room) =>
        room <= 0 ? 0 : lines[..(int)Math.Min(room, lines.Length)].LastIndexOf((byte)'\n') + 1;

    private static void CreateDirectory(string directory)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }

        // One after another: the system's call gives the mode to the last of them alone.
        CreateDirectory(Path.GetDirectoryName(directory)!);
        Directory.CreateDirectory(directory, DirectoryMode0744);
    }

    // Later than every other one, even where the system's date was set back: the oldest names are the files that are deleted.
    private static string NextBackup(string directory, DateTime moment)
    {
        var last = Directory.GetFiles(directory, BackupPattern).Select(Path.GetFileName).Max(StringComparer.Ordinal);
        return string.CompareOrdinal(NameAt(moment), last) > 0
            || !DateTime.TryParseExact(last, BackupFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var taken)
            ? NameAt(moment) : NameAt(taken + TimeSpan.FromMilliseconds(1));
    }

    private static string NameAt(DateTime moment) => moment.ToString(BackupFormat, CultureInfo.InvariantCulture);

    private FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode0644;
        }

        return new FileStream(_path, options);
    }

    private void Rotate()
    {
        _file!.Dispose();
        _file = null;
        var directory = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        File.Move(_path, Path.Join(directory, NextBackup(directory, _time.GetUtcNow().UtcDateTime)));
        _file = Open();
        foreach (var old in Directory.GetFiles(directory, BackupPattern).OrderDescending(StringComparer.Ordinal).Skip(MaxBackups))
        {
            File.Delete(old);
        }
    }
}
