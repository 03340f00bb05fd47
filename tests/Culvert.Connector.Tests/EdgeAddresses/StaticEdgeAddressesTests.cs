using System.Net;
using Culvert.Connector.EdgeAddresses;

namespace Culvert.Connector.Tests.EdgeAddresses;

public class StaticEdgeAddressesTests
{
    private readonly List<string> _failed = [];

    [Fact]
    public async Task Addresses_keep_their_order_and_repetitions()
    {
        var addresses = await ResolveAsync("127.0.0.2:7844", "127.0.0.1:1", "127.0.0.2:7844", "[::1]:65535");

        Assert.Equal(
            [
                IPEndPoint.Parse("127.0.0.2:7844"), IPEndPoint.Parse("127.0.0.1:1"), IPEndPoint.Parse("127.0.0.2:7844"),
                IPEndPoint.Parse("[::1]:65535"),
            ],
            addresses);
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task Name_is_resolved_to_one_address()
    {
        var address = Assert.Single(await ResolveAsync("localhost:7844"));

        Assert.True(IPAddress.IsLoopback(address.Address));
        Assert.Equal(7844, address.Port);
    }

    // Names under .invalid never resolve (RFC 6761, section 6.4).
    [Fact]
    public async Task Name_that_does_not_resolve_is_reported_and_skipped()
    {
        Assert.Single(await ResolveAsync("edge.invalid:7844", "127.0.0.1:7844"));
        Assert.Equal(["edge.invalid:7844"], _failed);
    }

    [Fact]
    public async Task No_address_at_all_is_an_error() =>
        Assert.Equal(
            "failed to resolve any edge address",
            (await Assert.ThrowsAsync<FormatException>(() => ResolveAsync("edge.invalid:7844"))).Message);

    [Theory]
    [InlineData("localhost")]
    [InlineData(":7844")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:-1")]
    [InlineData("localhost:http")]
    [InlineData("")]
    public async Task What_is_no_address_is_named_with_an_example(string value) =>
        Assert.Equal(
            $"invalid edge address '{value}': write HOST:PORT, for example 127.0.0.1:7844",
            (await Assert.ThrowsAsync<FormatException>(() => ResolveAsync(value))).Message);

    [Fact]
    public async Task Short_form_of_an_address_is_neither_an_address_nor_a_name() =>
        Assert.Equal(
            "invalid edge address '127.1:7844': 127.1 is no IP address and no name",
            (await Assert.ThrowsAsync<FormatException>(() => ResolveAsync("127.1:7844"))).Message);

    private Task<IReadOnlyList<IPEndPoint>> ResolveAsync(params string[] values) =>
        StaticEdgeAddresses.ResolveAsync(values, (value, _) => _failed.Add(value), default);
}
