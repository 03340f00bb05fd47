using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Headers;

public class ControlHeadersTests
{
    public static TheoryData<string> Names => [.. HeaderVectors.Section("controlHeaders").Select(v => v.Text("header"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Name_is_kept_or_dropped_as_the_reference_does_in_any_case(string name)
    {
        var isControl = HeaderVectors.Section("controlHeaders").Single(v => v.Text("header") == name)
            .GetProperty("isControl").GetBoolean();

        Assert.Equal(isControl, ControlHeaders.IsControlResponseHeader(Encoding.ASCII.GetBytes(name)));
        Assert.Equal(isControl, ControlHeaders.IsControlResponseHeader(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cf-int")]
    [InlineData("cf-proxy")]
    public void Part_of_a_reserved_prefix_is_kept(string name) =>
        Assert.False(ControlHeaders.IsControlResponseHeader(Encoding.ASCII.GetBytes(name)));
}
