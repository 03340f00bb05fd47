using System.Text;

namespace Culvert.Connector.Diagnostics;

/// <summary>A mounted disk.</summary>
/// <param name="Name">Its device.</param>
/// <param name="Maximum">Its size in kB.</param>
/// <param name="Current">What is in use, in kB.</param>
internal sealed record DiskVolume(string Name, long Maximum, long Current);

/// <summary>The disks of the machine.</summary>
internal static class DiskVolumes
{
    private const int MaxMounts = 4096;

    // A server that does not answer would hold the reader for good.
    private static readonly string[] Remote = ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "autofs"];

    /// <summary>Reads the sizes of everything that is mounted and has one; file systems of other machines are left out.</summary>
    /// <exception cref="IOException">The mounts cannot be read.</exception>
    public static IReadOnlyList<DiskVolume> Read() => OperatingSystem.IsLinux()
        ? [
            .. Mounts(File.ReadAllText("/proc/self/mounts")).Select(mount => Measure(mount.Device, mount.Path))
                .OfType<DiskVolume>()]
        : [.. DriveInfo.GetDrives().Select(drive => Measure(drive.Name, drive.Name)).OfType<DiskVolume>()];

    /// <summary>Reads the kernel's table of mounts.</summary>
    internal static IReadOnlyList<(string Device, string Path)> Mounts(string text) =>
    [
        .. text.Split('\n').Take(MaxMounts).Select(line => line.Split(' '))
            .Where(words => words.Length >= 3 && !Remote.Contains(words[2])
                && !words[2].StartsWith("fuse.", StringComparison.Ordinal))
            .Select(words => (Unescape(words[0]), Unescape(words[1]))),
    ];

    private static DiskVolume? Measure(string device, string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            return drive.TotalSize == 0 ? null
                : new DiskVolume(device, drive.TotalSize / 1024, (drive.TotalSize - drive.TotalFreeSpace) / 1024);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Another process's, or gone since.
            return null;
        }
    }

    // Blanks and the like are three octal digits.
    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var isEscape = text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            plain.Append(isEscape ? (char)Convert.ToInt32(text.Substring(i + 1, 3), 8) : text[i]);
            i += isEscape ? 3 : 0;
        }

        return plain.ToString();
    }
}
