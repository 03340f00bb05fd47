using System.Text;
using Culvert.CommandLine.Logging;
using Culvert.Tests.Fixtures;

namespace Culvert.CommandLine.Tests.Logging;

public sealed class LogFileTests : IDisposable
{
    private static readonly byte[] Line = Encoding.ASCII.GetBytes(new string('x', 99) + "\n");

    private readonly string _directory = Directory.CreateTempSubdirectory("culvert-log").FullName;
    private readonly FakeTime _time = new();

    [Fact]
    public void C31_FileIsAppendedToAndHasTheModesOfTheOriginal()
    {
        var path = Path.Join(_directory, "a", "b", "c.log");
        using (var file = LogFile.AppendTo(path, _time))
        {
            file.Write("one\n"u8);
        }

        using (var file = LogFile.AppendTo(path, _time))
        {
            file.Write("two\n"u8);
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(path), 8));
            Assert.Equal("744", Convert.ToString((int)File.GetUnixFileMode(Path.Join(_directory, "a")), 8));
        }
    }

    [Fact]
    public void File_that_was_cut_off_goes_on_from_its_end()
    {
        var path = Path.Join(_directory, "c.log");
        using var file = LogFile.AppendTo(path, _time);
        file.Write("one\n"u8);
        File.WriteAllText(path, "");
        file.Write("two\n"u8);

        Assert.Equal("two\n", File.ReadAllText(path));
    }

    [Fact]
    public void File_that_cannot_be_made_is_an_error() =>
        Assert.ThrowsAny<IOException>(() => LogFile.AppendTo(Path.Join(MakeFile("plain"), "c.log"), _time));

    [Fact]
    public void C31_FullFileIsRenamedByItsTimeAndFiveAreKept()
    {
        using var file = LogFile.InDirectory(_directory, _time);
        for (var megabytes = 0; megabytes < 8; megabytes++)
        {
            for (var i = 0; i < LogFile.MaxBytes / Line.Length; i++)
            {
                file.Write(Line);
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }

        string[] expected =
        [
            .. Enumerable.Range(8, 5).Select(second => $"cloudflared-2026-01-02T03-04-{second:00}.000.log"),
            LogFile.NameInDirectory,
        ];
        Assert.Equal(expected, Directory.GetFiles(_directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(_directory), path => Assert.Equal(LogFile.MaxBytes, new FileInfo(path).Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3650)]
    public void Date_that_was_set_forward_and_back_loses_no_new_file(int days)
    {
        using var file = LogFile.InDirectory(_directory, _time);
        Fill('a', 6);
        _time.Jump(TimeSpan.FromDays(days));
        Fill('b', 6);
        _time.Jump(TimeSpan.FromDays(-days));
        Fill('c', 4);

        var kept = Directory.GetFiles(_directory).Order(StringComparer.Ordinal).Select(path => (char)File.ReadAllBytes(path)[0]);
        Assert.Equal("bbcccc", string.Concat(kept));

        void Fill(char letter, int files)
        {
            var line = Encoding.ASCII.GetBytes(new string(letter, 9_999) + "\n");
            for (var i = 0; i < files * LogFile.MaxBytes / line.Length; i++)
            {
                file.Write(line);
            }
        }
    }

    [Fact]
    public void Many_lines_at_once_are_parted_between_files_at_a_line_break()
    {
        using var file = LogFile.InDirectory(_directory, _time);
        var lines = new byte[(3 * LogFile.MaxBytes) + 50];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = (byte)(i % 70 == 69 || i == lines.Length - 1 ? '\n' : 'x');
        }

        file.Write(lines);

        var files = Directory.GetFiles(_directory);
        Assert.Equal(4, files.Length);
        Assert.Equal(lines.Length, files.Sum(path => new FileInfo(path).Length));
        Assert.All(files, path => Assert.Equal((byte)'\n', File.ReadAllBytes(path)[^1]));
    }

    [Fact]
    public void Line_longer_than_a_file_may_be_is_not_cut()
    {
        using var file = LogFile.InDirectory(_directory, _time);
        file.Write("short\n"u8);
        file.Write(Encoding.ASCII.GetBytes(new string('y', LogFile.MaxBytes + 10) + "\nlast\n"));

        Assert.Equal("last\n", File.ReadAllText(Path.Join(_directory, LogFile.NameInDirectory)));
        Assert.Equal(3, Directory.GetFiles(_directory).Length);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string MakeFile(string name)
    {
        var path = Path.Join(_directory, name);
        File.WriteAllText(path, "");
        return path;
    }
}
