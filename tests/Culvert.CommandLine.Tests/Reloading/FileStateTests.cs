using System.Diagnostics;
using Culvert.CommandLine.Reloading;

namespace Culvert.CommandLine.Tests.Reloading;

public sealed class FileStateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-watch-");

    [Fact]
    public void File_that_is_not_touched_keeps_its_state()
    {
        Write("config.yml", "a");

        Assert.Equal(State("config.yml"), State("config.yml"));
    }

    [Fact]
    public void File_that_is_written_in_place_changes()
    {
        Write("config.yml", "a");
        AssertChanges("config.yml", () => Write("config.yml", "ab"));
    }

    [Fact]
    public void File_that_is_written_with_the_same_length_changes()
    {
        Write("config.yml", "a");
        AssertChanges("config.yml", () =>
        {
            Write("config.yml", "b");
            File.SetLastWriteTimeUtc(PathOf("config.yml"), DateTime.UtcNow.AddSeconds(1));
        });
    }

    [Fact]
    public void File_that_is_replaced_changes()
    {
        Write("config.yml", "a");
        Write("config.yml.new", "ab");
        AssertChanges("config.yml", () => File.Move(PathOf("config.yml.new"), PathOf("config.yml"), overwrite: true));
    }

    [Fact]
    public void File_that_goes_and_comes_changes()
    {
        Write("config.yml", "a");
        AssertChanges("config.yml", () => File.Delete(PathOf("config.yml")));
        AssertChanges("config.yml", () => Write("config.yml", "a"));
    }

    // Kubernetes: config.yml -> ..data/config.yml, ..data -> ..1, and an update renames another link over ..data.
    [Fact]
    public void Directory_link_on_the_way_that_is_swapped_is_a_change()
    {
        Write("..1/config.yml", "a");
        Write("..2/config.yml", "ab");
        Directory.CreateSymbolicLink(PathOf("..data"), "..1");
        File.CreateSymbolicLink(PathOf("config.yml"), "..data/config.yml");
        var directory = FileState.OfDirectory(_folder.FullName, "*.yml");
        AssertChanges("config.yml", () =>
        {
            Directory.CreateSymbolicLink(PathOf("..data_tmp"), "..2");
            using var move = Process.Start("mv", ["-T", PathOf("..data_tmp"), PathOf("..data")]);
            move.WaitForExit();
        });

        Assert.NotEqual(directory, FileState.OfDirectory(_folder.FullName, "*.yml"));
    }

    [Fact]
    public void File_behind_a_link_to_elsewhere_is_followed()
    {
        Write("elsewhere.yml", "a");
        File.CreateSymbolicLink(PathOf("config.yml"), PathOf("elsewhere.yml"));
        AssertChanges("config.yml", () => Write("elsewhere.yml", "ab"));
    }

    [Fact]
    public void Link_that_leads_nowhere_or_in_a_circle_is_a_state_too()
    {
        File.CreateSymbolicLink(PathOf("a"), PathOf("b"));
        Assert.Equal(State("a"), State("a"));
        File.CreateSymbolicLink(PathOf("b"), PathOf("a"));

        Assert.Equal(State("a"), State("a"));
    }

    [Fact]
    public async Task Pipe_is_not_waited_for()
    {
        using (var make = Process.Start("mkfifo", [PathOf("pipe")]))
        {
            await make.WaitForExitAsync();
        }

        var state = Task.Run(() => State("pipe"));
        Assert.Equal(await state.WaitAsync(TimeSpan.FromSeconds(20)), State("pipe"));
    }

    [Fact]
    public void Directory_changes_with_its_files_of_the_pattern()
    {
        var states = new List<string> { OfDirectory() };
        foreach (var change in new Action[]
        {
            () => Write("a.json", "1"), () => Write("b.json", "1"), () => Write("a.json", "12"),
            () => File.Delete(PathOf("a.json")),
        })
        {
            change();
            states.Add(OfDirectory());
        }

        Write("c.txt", "1");
        Assert.Equal(states[^1], OfDirectory());
        Assert.Equal(states.Count, states.Distinct().Count());

        string OfDirectory() => FileState.OfDirectory(_folder.FullName, "*.json");
    }

    [Fact]
    public void Directory_that_is_missing_is_a_state_too() =>
        Assert.NotEmpty(FileState.OfDirectory(PathOf("missing"), "*.json"));

    public void Dispose() => _folder.Delete(recursive: true);

    private void AssertChanges(string file, Action change)
    {
        var before = State(file);
        change();
        Assert.NotEqual(before, State(file));
    }

    private string State(string file) => FileState.OfFile(PathOf(file));

    private void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllText(PathOf(file), content);
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);
}
