using System.Text;
using Culvert.Edge.Visitors;

namespace Culvert.Edge.Tests.Visitors;

public class HeaderTextsTests
{
    [Fact]
    public void Repeated_text_is_the_same_string()
    {
        var first = HeaderTexts.Get("text/html; charset=utf-8"u8);

        Assert.Equal("text/html; charset=utf-8", first);
        Assert.Same(first, HeaderTexts.Get("text/html; charset=utf-8"u8));
    }

    [Fact]
    public void Each_byte_is_one_character()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => (byte)b).ToArray();

        Assert.Equal(Encoding.Latin1.GetString(bytes), HeaderTexts.Get(bytes));
        Assert.Equal("\u00e9t\u00e9", HeaderTexts.Get([0xe9, (byte)'t', 0xe9]));
        Assert.Equal("", HeaderTexts.Get([]));
    }

    [Fact]
    public void More_texts_than_there_are_places_are_all_right()
    {
        for (var i = 0; i < 20_000; i++)
        {
            var text = $"value-{i}";
            Assert.Equal(text, HeaderTexts.Get(Encoding.ASCII.GetBytes(text)));
        }
    }
}
