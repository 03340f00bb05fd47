using Culvert.CommandLine.Diagnosing;

namespace Culvert.CommandLine.Tests.Diagnosing;

public class TraceRouteTests
{
    [Theory]
    [InlineData("traceroute to host (1.2.3.4), 5 hops max, 60 byte packets", null)]
    [InlineData("1 ", null)]
    [InlineData("someletters * * *", null)]
    [InlineData(
        " 1  172.68.101.121 (172.68.101.121)  12.874 ms  15.517 ms  15.311 ms",
        "1|172.68.101.121 (172.68.101.121)|12874,15517,15311")]
    [InlineData(
        " 2  172.68.101.121 (172.68.101.121)  12.874 ms a.example (10.0.0.1) 15.517 ms *",
        "2|172.68.101.121 (172.68.101.121) a.example (10.0.0.1)|12874,15517")]
    [InlineData(" 3  * * *", "3|*|")]
    [InlineData(
        " 4  2400:cb00:107:1024::ac44:6550  12.780 ms  9.118 ms  10.046 ms", "4|2400:cb00:107:1024::ac44:6550|12780,9118,10046")]
    [InlineData(" 5  host nothing ms", null)]
    public void S11_10_LineIsAHopOrPassedOver(string line, string? expected) => Assert.Equal(
        expected is null ? [] : [expected],
        TraceRoute.Parse(line + "\n").Select(hop => $"{hop.Number}|{hop.Domain}|{string.Join(',', hop.Microseconds)}"));
}
