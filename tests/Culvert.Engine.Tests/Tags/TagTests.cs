using Culvert.Engine.Tags;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Tests.Tags;

public sealed class TagTests
{
    [Theory]
    [InlineData("X01", "x=y", "x", "y")]
    [InlineData("X02", "More-Complex=Tag Values", "More-Complex", "Tag Values")]
    [InlineData("X03", "First=Equals=Wins", "First", "Equals=Wins")]
    [InlineData("", "!#$%&'*+-.^_`|~09=~", "!#$%&'*+-.^_`|~09", "~")]
    public void First_equals_sign_splits(string row, string text, string name, string value) =>
        Assert.Equal((row, new Tag(name, value)), (row, Tag.TryParse(text, out var tag) ? tag : null));

    [Theory]
    [InlineData("X04", "x=")]
    [InlineData("X04", "=y")]
    [InlineData("X04", "=")]
    [InlineData("X04", "No spaces allowed=in key names")]
    [InlineData("X04", "omg\nwtf=bbq")]
    [InlineData("", "")]
    [InlineData("", "x")]
    [InlineData("", "x=line\r\nbreak")]
    [InlineData("", "x=\u00e9")]
    [InlineData("", "\u00e9=y")]
    public void What_is_no_tag_is_refused(string row, string text) =>
        Assert.Equal((row, false), (row, Tag.TryParse(text, out _)));

    [Fact]
    public void Headers_are_appended_in_order_with_the_connector_last()
    {
        var id = Guid.NewGuid();
        var headers = new HeaderList();
        headers.Add("Cf-Warp-Tag-Dc"u8, "forged"u8);
        new TagHeaders([new Tag("dc", "fra1"), new Tag("OTHER_one", "x")], id).AppendTo(headers);

        Assert.Equal(
            ["Cf-Warp-Tag-Dc: forged", "Cf-Warp-Tag-Dc: fra1", "Cf-Warp-Tag-Other_one: x", $"Cf-Warp-Tag-Id: {id}"],
            Enumerable.Range(0, headers.Count).Select(i => $"{headers[i].NameText}: {headers[i].ValueText}"));
    }
}
