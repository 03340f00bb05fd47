using Culvert.Transports.Tls;

namespace Culvert.Transports.Tests.Tls;

public sealed class FollowedFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert");
    private readonly StepTime _time = new();
    private readonly List<string> _failures = [];
    private int _reads;

    [Fact]
    public void File_that_stays_is_read_once()
    {
        var file = Follow(Write("one"));
        for (var i = 0; i < 10; i++)
        {
            _time.Step();
            Assert.Equal("one", file.Current);
        }

        Assert.Equal(1, _reads);
    }

    [Fact]
    public void Change_is_seen_after_a_second()
    {
        var path = Write("one");
        var file = Follow(path);
        Write("three");
        Assert.Equal("one", file.Current);
        _time.Step();

        Assert.Equal("three", file.Current);
        Assert.Equal(2, _reads);
    }

    [Fact]
    public void Links_are_followed_to_their_end()
    {
        var old = Directory.CreateDirectory(Path.Combine(_folder.FullName, "old")).FullName;
        var next = Directory.CreateDirectory(Path.Combine(_folder.FullName, "next")).FullName;
        File.WriteAllText(Path.Combine(old, "f"), "one");
        File.WriteAllText(Path.Combine(next, "f"), "three");
        var data = Path.Combine(_folder.FullName, "data");
        Directory.CreateSymbolicLink(data, old);
        var path = Path.Combine(_folder.FullName, "link");
        File.CreateSymbolicLink(path, Path.Combine("data", "f"));
        var file = Follow(path);
        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, next);
        _time.Step();

        Assert.Equal("three", file.Current);
    }

    [Fact]
    public void Bad_content_is_told_once_and_the_old_one_stays()
    {
        var file = Follow(Write("one"));
        Write("broken");
        for (var i = 0; i < 3; i++)
        {
            _time.Step();
            Assert.Equal("one", file.Current);
        }

        Assert.Equal(["broken"], _failures);
    }

    [Fact]
    public void First_failure_is_the_callers() => Assert.Throws<IOException>(() => Follow(Write("broken")));

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string text)
    {
        var path = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(path, text);
        return path;
    }

    private FollowedFile<string> Follow(string path) => new(path, Read, e => _failures.Add(e.Message), _time);

    private string Read(string path)
    {
        _reads++;
        var text = File.ReadAllText(path);
        return text == "broken" ? throw new IOException(text) : text;
    }

    private sealed class StepTime : TimeProvider
    {
        private long _now = 1_000_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Step() => _now += FollowedFile.Interval.Ticks;
    }
}
