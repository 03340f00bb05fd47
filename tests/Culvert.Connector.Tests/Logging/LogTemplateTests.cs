using System.Text;
using Culvert.Connector.Logging;

namespace Culvert.Connector.Tests.Logging;

public class LogTemplateTests
{
    private static readonly KeyValuePair<string, object?>[] Values = [new("a", 1), new("b", "two"), new("c", null)];

    [Theory]
    [InlineData("No placeholder", "No placeholder", "")]
    [InlineData("Message {a}", "Message", "a")]
    [InlineData("Message {a} {b}", "Message", "a,b")]
    [InlineData("Said {a} and {b}", "Said 1 and", "b")]
    [InlineData("Up to {a}s {b}", "Up to 1s", "b")]
    [InlineData("Id: {a}", "Id: 1", "")]
    [InlineData("Over {b:l}", "Over two", "")]
    [InlineData("Over {b:l} {a}", "Over two", "a")]
    [InlineData("Id: {a} {b}", "Id: 1", "b")]
    [InlineData("{a} first", "1 first", "")]
    [InlineData("Nothing for {c} here", "Nothing for  here", "")]
    [InlineData("Unknown {x} here", "Unknown  here", "")]
    [InlineData("Braces }{ in text", "Braces }{ in text", "")]
    public void Template_is_a_message_and_the_fields_behind_it(string template, string message, string fields)
    {
        var line = new StringBuilder();
        var parsed = LogTemplate.Parse(template);
        parsed.AppendMessage(line, Values);

        Assert.Equal(message, line.ToString());
        Assert.Equal(fields, string.Join(',', parsed.Fields));
    }

    [Fact]
    public void Value_is_found_by_its_name_and_case()
    {
        Assert.Equal("two", LogTemplate.Value(Values, "b"));
        Assert.Null(LogTemplate.Value(Values, "B"));
    }
}
