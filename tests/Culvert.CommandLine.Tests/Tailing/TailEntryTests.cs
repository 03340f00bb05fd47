using System.Text;
using Culvert.CommandLine.Tailing;
using Culvert.Connector.Management;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Tailing;

public class TailEntryTests
{
    private const string Message =
        """{"type":"logs","logs":[{"time":"T","level":"info","message":"a\u001bb","event":"http","fields":{"b": 1, "a":"\u001b"}},{"time":"T"}]}""";

    [Fact]
    public void Entry_is_a_line_of_text() => Assert.Equal(
        ["""T info http a\u001bb {"b":1,"a":"\u001B"}""", "T debug cloudflared  null"], Lines(Message, asJson: false));

    [Fact]
    public void Entry_is_an_object_without_what_has_its_zero_value() => Assert.Equal(
        ["""{"time":"T","level":"info","message":"a\u001Bb","event":"http","fields":{"b":1,"a":"\u001B"}}""", """{"time":"T"}"""],
        Lines(Message, asJson: true));

    [Theory]
    [InlineData("""{"type":"other"}""", "invalid server message type was provided: other")]
    [InlineData("{}", "invalid server message type was provided: ")]
    [InlineData("[]", "invalid server message")]
    [InlineData("""{"type":"logs","logs":[7]}""", "invalid server message")]
    [InlineData("x", "invalid server message")]
    public void Other_messages_are_errors(string message, string error) => Assert.StartsWith(
        error, Assert.Throws<FormatException>(() => Lines(message, asJson: false)).Message, StringComparison.Ordinal);

    [Fact]
    public void Request_has_the_originals_shape()
    {
        var id = Guid.NewGuid();
        var request = new TailRequest { Hostname = "m.example", Token = "a.b+c", Connector = id };

        Assert.Equal($"https://m.example/logs?access_token=a.b%2Bc&connector_id={id}", request.Address.AbsoluteUri);
        Assert.Equal(
            """{"type":"start_streaming","filters":{"level":"debug","sampling":1}}""",
            Encoding.UTF8.GetString(request.StartMessage()));
        request = request with
        {
            Connector = null,
            Edge = new Uri("http://127.0.0.1:8080"),
            Events = [LogEvent.Http, LogEvent.Tcp],
            Level = LogLevel.Information,
            Sampling = 0.5,
        };
        Assert.Equal("http://127.0.0.1:8080/logs?access_token=a.b%2Bc", request.Address.AbsoluteUri);
        Assert.Equal(
            """{"type":"start_streaming","filters":{"events":["http","tcp"],"level":"info","sampling":0.5}}""",
            Encoding.UTF8.GetString(request.StartMessage()));
    }

    private static IReadOnlyList<string> Lines(string message, bool asJson) =>
        TailEntry.Lines(Encoding.UTF8.GetBytes(message), asJson);
}
