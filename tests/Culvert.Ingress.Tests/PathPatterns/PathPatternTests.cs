using System.Runtime.CompilerServices;
using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.PathPatterns;
using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Tests.PathPatterns;

public class PathPatternTests
{
    [Theory]
    [InlineData("/a", "/x/a", true)]
    [InlineData("/a", "/abc", true)]
    [InlineData("/A", "/abc", false)]
    [InlineData("(?i)/A", "/abc", true)]
    [InlineData("/a b/c", "/a%20b%2Fc", true)]
    [InlineData("^$", "", true)]
    [InlineData("a$", "/a%0A", false)]
    [InlineData("(?m)a$", "/a%0A", true)]
    [InlineData("^.$", "%F0%9F%98%80", true)]
    [InlineData("^..$", "%FF%FE", true)]
    [InlineData("^\\x{FFFD}{2}$", "%E2%82", true)]
    [InlineData("^\\W$", "%C3%A9", true)]
    [InlineData("\\w", "%C3%A9", false)]
    [InlineData("\\d", "%D9%A3", false)]
    [InlineData("a\\b", "/a%C3%A9", true)]
    [InlineData("\\s", "%0B", false)]
    [InlineData("(?i)k", "%E2%84%AA", true)]
    [InlineData("(?i)s", "%C5%BF", true)]
    [InlineData("(?i)\u03c3", "%CF%82", true)]
    [InlineData("(?i)\u00df", "/SS", false)]
    [InlineData("^\\p{Lu}$", "%C3%89", true)]
    [InlineData("^\\P{L}$", "%F0%9F%98%80", true)]
    [InlineData("[a-z-[aeiou]]", "b]", true)]
    [InlineData("^[[:alpha:]]+$", "abc", true)]
    [InlineData("[[:alpha:]]", ":", false)]
    [InlineData("\\Qa.b\\E", "a.b", true)]
    [InlineData("\\Qa.b\\E", "axb", false)]
    [InlineData("\\x41\\101", "AA", true)]
    [InlineData("a{,5}", "a{,5}", true)]
    [InlineData("(?P<n>a)(?<n>b)(?P<1>c)", "abc", true)]
    [InlineData("(?U)a+?b", "aab", true)]
    [InlineData("(?s)a.b", "a%0Ab", true)]
    [InlineData("a.b", "a%0Ab", false)]
    [InlineData("%zz", "%zz", true)]
    [InlineData("[^\\x00-\\x{10FFFF}]", "a", false)]
    public void Pattern_matches_or_not(string pattern, string path, bool expected) =>
        Assert.Equal(expected, PathPattern.Parse(pattern).IsMatch(Encoding.UTF8.GetBytes(path)));

    [Theory]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    [InlineData("(?!a)", "invalid or unsupported Perl syntax: `(?!`")]
    [InlineData("(?<=a)b", "invalid named capture: `(?<=a)b`")]
    [InlineData("(?<!a)b", "invalid named capture: `(?<!a)b`")]
    [InlineData("(?>a)", "invalid or unsupported Perl syntax: `(?>`")]
    [InlineData("(?#a)", "invalid or unsupported Perl syntax: `(?#`")]
    [InlineData("(?x)a", "invalid or unsupported Perl syntax: `(?x`")]
    [InlineData("(?P=n)", "invalid or unsupported Perl syntax: `(?P`")]
    [InlineData("(a)\\1", "invalid escape sequence: `\\1`")]
    [InlineData("\\Z", "invalid escape sequence: `\\Z`")]
    [InlineData("\\u0041", "invalid escape sequence: `\\u`")]
    [InlineData("\\p{IsGreek}", "invalid character class range: `\\p{IsGreek}`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("(a{100}){100}", "invalid repeat count: `{100}`")]
    [InlineData("a**", "invalid nested repetition operator: `**`")]
    [InlineData("a*+", "invalid nested repetition operator: `*+`")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData("a|+", "missing argument to repetition operator: `+`")]
    [InlineData("[a", "missing closing ]: `[a`")]
    [InlineData("[z-a]", "invalid character class range: `z-a`")]
    [InlineData("(a", "missing closing ): `(a`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("a\\", "trailing backslash at end of expression: ``")]
    [InlineData("[[:foo:]]", "invalid character class range: `[:foo:]`")]
    public void Pattern_is_refused(string pattern, string error) =>
        Assert.Equal("error parsing regexp: " + error, Assert.Throws<PatternException>(() => PathPattern.Parse(pattern)).Message);

    [Fact]
    public void Patterns_that_are_too_large_are_refused()
    {
        AssertRefused("expression nests too deeply", new string('(', 1001) + new string(')', 1001));
        AssertRefused("expression too large", string.Concat(Enumerable.Repeat("a{1000}", 200)));
        AssertRefused("expression too large", string.Concat(Enumerable.Repeat("a{1000}", 90)));
        AssertRefused("expression too large", new string('a', PathPattern.MaxLength + 1));
        AssertRefused("expression too large", string.Concat(Enumerable.Repeat("\\pL", 200)));
    }

    // What is accepted is carried out: the automaton is made only when a path comes, and must not be refused then.
    [Theory]
    [InlineData("(?:x?y{3}){333}z{900}", true)]
    [InlineData("^x{999}x{998}", true)]
    [InlineData("^x{1000}x{999}", true)]
    [InlineData("^x{1000}x{1000}", false)]
    [InlineData("(?:(?:xy){2,}){500,}z*", true)]
    [InlineData("(?:(?:xy){2,}){500,}z{999}w{999}(?:xy){500}(?:xy){500}(?:xy){500}(?:xy){500}(?:xy){500}(?:xy){500}", false)]
    [InlineData("(?:abcdefghij){999}k{8}", true)]
    [InlineData("(?:abcdefghij){999}k{10}", false)]
    [InlineData("\\b(?:abc){666}", true)]
    [InlineData("\\b(?:abc){667}", false)]
    [InlineData("(?m)(?:^abc$){600}\\B", true)]
    public void Largest_patterns_are_refused_at_once_or_carried_out(string pattern, bool accepted)
    {
        if (!accepted)
        {
            AssertRefused("expression too large", pattern);
            return;
        }

        Assert.False(PathPattern.Parse(pattern).IsMatch("/nothing"u8));
    }

    [Fact]
    public void Pattern_has_no_automaton_before_its_first_path()
    {
        var pattern = PathPattern.Parse("^/api/v[0-9]+/");
        var before = GC.GetAllocatedBytesForCurrentThread();
        pattern = PathPattern.Parse("^/app/v[0-9]+/");
        var parsed = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(pattern.IsMatch("/app/v2/"u8));
        var matched = GC.GetAllocatedBytesForCurrentThread() - before - parsed;

        Assert.True(parsed < 8192 && parsed < matched, $"{parsed} bytes to read the pattern, {matched} to run it");
    }

    [Fact]
    public void Many_threads_may_ask_first()
    {
        for (var round = 0; round < 20; round++)
        {
            var pattern = PathPattern.Parse($"^/{round}[0-9]+$");
            Parallel.For(0, 8, _ => Assert.True(pattern.IsMatch(Encoding.ASCII.GetBytes($"/{round}123"))));
        }
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        AssertRefused("invalid UTF-8", "a\ud800");
    }

    private static void AssertRefused(string code, string pattern) =>
        Assert.Equal(code, Assert.Throws<PatternException>(() => PathPattern.Parse(pattern)).Code);

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a*)*b")]
    [InlineData("(a|aa)+$")]
    [InlineData("(x+x+)+y")]
    public void Time_does_not_explode(string pattern)
    {
        // With backtracking this would outlast the universe, so no clock is needed.
        var path = Encoding.ASCII.GetBytes(new string('a', 20_000) + "!");

        Assert.False(PathPattern.Parse(pattern + "z").IsMatch(path));
    }

    [Fact]
    public void Tables_share_the_patterns_that_they_both_have()
    {
        RuleDefinition[] rules = [
            new() { Path = "^/shared", Service = "http_status:200" }, new() { Service = "http_status:404" }];
        var (first, second) =
            (new IngressConfiguration { Rules = rules }.ToSnapshot(), new IngressConfiguration { Rules = rules }.ToSnapshot());

        Assert.Same(first.Rules[0].Path, second.Rules[0].Path);
    }

    [Fact]
    public void Pattern_that_nobody_uses_does_not_stay()
    {
        var pattern = Make();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(pattern.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make() => new(SharedPatterns.Get("^/nobody$"));
    }
}
