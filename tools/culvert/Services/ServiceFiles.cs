namespace Culvert.CommandLine.Services;

/// <summary>The files of the system that services consist of, below a root directory.</summary>
/// <param name="root"><c>/</c>, or the directory that stands for it.</param>
internal sealed class ServiceFiles(string root)
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>For files that everybody may read.</summary>
    public const UnixFileMode Public = Readable;

    /// <summary>For programs.</summary>
    public const UnixFileMode Program =
        Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>For secrets.</summary>
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Whether the files are those of this machine, so that its programs see them.</summary>
    public bool AreOfThisMachine => root == "/";

    /// <summary>A path below the root.</summary>
    public string At(string path) => Path.Join(root, path);

    public bool Exists(string path) => Path.Exists(At(path));

    /// <summary>Writes a file whole, with its mode from the beginning.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public void Write(string path, string text, UnixFileMode mode)
    {
        var full = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);

        // A file that is there keeps its mode, which may be too wide for a secret.
        File.Delete(full);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(full, options))
        {
            writer.Write(text);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(full, mode);
        }
    }

    /// <summary>Makes a symbolic link; one that is there is replaced.</summary>
    public void Link(string path, string target)
    {
        var full = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.Delete(full);
        File.CreateSymbolicLink(full, target);
    }

    /// <summary>Removes a file or link, if it is there.</summary>
    public void Remove(string path)
    {
        if (Directory.Exists(Path.GetDirectoryName(At(path))))
        {
            File.Delete(At(path));
        }
    }
}
