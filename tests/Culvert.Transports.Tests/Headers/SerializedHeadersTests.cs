using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Headers;

public class SerializedHeadersTests
{
    public static TheoryData<string> Vectors => VectorFile.Names(HeaderVectors.File);

    public static TheoryData<string> Inputs => [.. HeaderVectors.Section("deserialize").Select(v => v.Text("input"))];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Vector_is_written_byte_for_byte(string name)
    {
        var vector = VectorFile.Find(HeaderVectors.File, name);
        var list = HeaderVectors.List(vector.GetProperty("headers"));
        var expected = vector.Text("serialized");
        var bytes = new byte[expected.Length];

        Assert.Equal(expected.Length, SerializedHeaders.GetLength(list));
        Assert.Equal(expected.Length, SerializedHeaders.Write(list, bytes));
        Assert.Equal(expected, Encoding.ASCII.GetString(bytes));
        Assert.Equal(expected, SerializedHeaders.Serialize(list));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Vector_is_read_back(string name)
    {
        var vector = VectorFile.Find(HeaderVectors.File, name);
        var list = new HeaderList();

        Assert.True(SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(vector.Text("serialized")), list));
        Assert.Equal(HeaderVectors.List(vector.GetProperty("headers")).Lines(), list.Lines());
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Input_is_read_or_refused_as_the_reference_does(string input)
    {
        var vector = HeaderVectors.Section("deserialize").Single(v => v.Text("input") == input);
        var list = new HeaderList();
        var read = SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(input), list);

        Assert.Equal(!vector.TryGetProperty("error", out _), read);
        if (read)
        {
            Assert.Equal(HeaderVectors.List(vector.GetProperty("headers")).Lines(), list.Lines());
        }
    }

    [Theory]
    [InlineData("malformed data")]
    [InlineData("bW9jawo=")]
    [InlineData("bW9jawo=:ZGF0YQo=:bW9jawo=")]
    [InlineData("::")]
    [InlineData("YQ:Y")]
    [InlineData("YQ:Y Q")]
    [InlineData("YQ:_w")]
    [InlineData("YQ:\u00e9\u00e9")]
    public void Malformed_text_is_refused(string text) =>
        Assert.False(SerializedHeaders.TryParse(Encoding.Latin1.GetBytes(text), new HeaderList()));

    [Theory]
    [InlineData(":", ": ")]
    [InlineData("YQ:", "a: ")]
    [InlineData("YR:Yn", "a: b")]
    [InlineData(";;YQ:Yg;;", "a: b")]
    public void Unusual_but_legal_text_is_read(string text, string expected)
    {
        var list = new HeaderList();

        Assert.True(SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(text), list));
        Assert.Equal([expected], list.Lines());
    }

    [Fact]
    public void Control_headers_are_left_out_and_the_order_of_the_others_is_kept()
    {
        var list = new HeaderList();
        list.Add("X-B", "1");
        list.Add("CF-Int-Foo", "x");
        list.Add("X-A", "2");
        list.Add("cf-proxy-bar", "x");
        list.Add("Cf-Ray", "3");
        list.Add("x-b", "4");
        list.Add("Cf-Cloudflared-Response-Meta", "forged");

        var back = new HeaderList();
        Assert.True(SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(SerializedHeaders.Serialize(list)), back));
        Assert.Equal(["X-B: 1", "X-A: 2", "Cf-Ray: 3", "x-b: 4"], back.Lines());
    }

    [Fact]
    public void List_of_control_headers_alone_is_empty_text()
    {
        var list = new HeaderList();
        list.Add("cf-int-foo", "x");

        Assert.Equal("", SerializedHeaders.Serialize(list));
        Assert.Equal(0, SerializedHeaders.GetLength(list));
    }

    [Fact]
    public void Text_with_too_many_fields_is_a_limit()
    {
        var text = Encoding.ASCII.GetBytes(string.Join(';', Enumerable.Repeat("YQ:Yg", HeaderList.MaxCount + 1)));

        Assert.Throws<HeaderLimitException>(() => SerializedHeaders.TryParse(text, new HeaderList()));
    }
}
