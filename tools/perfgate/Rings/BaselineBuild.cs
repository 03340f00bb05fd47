namespace Culvert.PerfGate.Rings;

/// <summary>The product as it was at the baseline's commit, built by this run with these tools.</summary>
internal static class BaselineBuild
{
    /// <summary>Builds it, or finds it built.</summary>
    /// <param name="commit">Hash of the commit.</param>
    /// <param name="missing">Why it cannot be built, when the result is null.</param>
    /// <returns>Path of the program, or null when this clone does not have the commit.</returns>
    /// <exception cref="GateException">The commit is there and does not build.</exception>
    public static string? Get(string commit, out string missing)
    {
        missing = "";
        if (commit.Length == 0)
        {
            missing = "the baseline names no commit";
            return null;
        }

        var folder = Path.GetFullPath($"artifacts/baseline-{commit}");
        var program = Path.Combine(folder, "artifacts", "culvert");
        if (File.Exists(program))
        {
            return program;
        }

        try
        {
            Programs.Run("git", "cat-file", "-e", $"{commit}^{{commit}}");
        }
        catch (GateException)
        {
            missing = $"this clone does not have commit {commit}; a full clone does ('git fetch --unshallow')";
            return null;
        }

        Programs.Run("rm", "-rf", folder);
        Programs.Run("git", "worktree", "prune");
        Programs.Run("git", "worktree", "add", "--detach", folder, commit);
        try
        {
            Programs.Run(Path.Combine(folder, "tools", "publish.sh"));
            var copy = $"{folder}.culvert";
            File.Copy(program, copy, overwrite: true);
            Programs.Run("git", "worktree", "remove", "--force", folder);
            Directory.CreateDirectory(Path.Combine(folder, "artifacts"));
            File.Move(copy, program);
            return program;
        }
        finally
        {
            Programs.Run("git", "worktree", "prune");
        }
    }
}
