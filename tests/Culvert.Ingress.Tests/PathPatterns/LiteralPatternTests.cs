using System.Text;
using Culvert.Ingress.PathPatterns;

namespace Culvert.Ingress.Tests.PathPatterns;

public class LiteralPatternTests
{
    private static readonly string[] Patterns =
        ["/api", "^/api", "/api$", "^/api$", "^", "$", "^$", "", "\\.js$", "\\A/\\x61pi\\z", "\\Q/a.i\\E", "[/]api",
            "%", "^/a b$"];

    private static readonly string[] Paths =
    [
        "/api", "/api/", "/x/api", "/x/api/y", "", "/", "/%61pi", "/a.js", "/ajs", "/a.i", "%25", "%", "%zz", "/a%20b", "/api%0A",
        "/%C3%A9/api", "/api%FF",
    ];

    [Fact]
    public void Plain_text_matches_what_its_automaton_matches()
    {
        foreach (var pattern in Patterns)
        {
            var node = Re2Parser.Parse(pattern);
            var literal = LiteralPattern.TryCreate(node);
            var alphabet = PatternAlphabet.Of(node, pattern);
            var expression = alphabet.Translate(node);
            Assert.NotNull(literal);
            foreach (var path in Paths)
            {
                var bytes = Encoding.UTF8.GetBytes(path);
                var characters = new char[bytes.Length];
                var length = PathText.Decode(bytes, alphabet, characters);
                Assert.True(
                    expression.IsMatch(characters.AsSpan(0, length)) == literal.IsMatch(bytes),
                    $"pattern {pattern}, path {path}");
            }
        }
    }

    [Theory]
    [InlineData("a+")]
    [InlineData("(?i)a")]
    [InlineData("a|b")]
    [InlineData("\u00e9")]
    [InlineData("\\x{10061}")]
    [InlineData("(?m)^a")]
    [InlineData("a\\b")]
    [InlineData(".")]
    [InlineData("[ab]")]
    [InlineData("a^b")]
    [InlineData("[^\\x00-\\x{10FFFF}]")]
    public void Anything_more_needs_an_automaton(string pattern) =>
        Assert.Null(LiteralPattern.TryCreate(Re2Parser.Parse(pattern)));
}
