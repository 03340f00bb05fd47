using Culvert.Connector.Registration;

namespace Culvert.Connector.Tests.Registration;

public class FeaturesTests
{
    [Fact]
    public void Features_are_those_every_connector_lists() =>
        Assert.Equal(
            ["allow_remote_config", "management_logs", "serialized_headers", "support_datagram_v2", "support_quic_eof"],
            Features.Default.Order(StringComparer.Ordinal));

    // T03, T04.
    [Theory]
    [InlineData(false, new string[0])]
    [InlineData(true, new[] { "postquantum" })]
    public void T04_post_quantum_is_listed_when_it_is_asked_for(bool postQuantum, string[] more) =>
        Assert.Equal([.. Features.Default, .. more], Features.Listed(postQuantum));

    // T05-T07, section 7.1.
    [Theory]
    [InlineData("support_datagram_v2", 2, "")]
    [InlineData("support_datagram_v3_2", 3, "support_datagram_v3_2,culvert_udp_unreachable")]
    [InlineData("support_datagram_v3", 2, "")]
    [InlineData("support_datagram_v3_1", 2, "")]
    [InlineData("mine", 2, "mine")]
    [InlineData("management_logs", 2, "")]
    public void T07_the_users_are_listed_but_for_drafts(string user, int version, string more) => Assert.Equal(
        Features.Default.Concat(more.Split(',', StringSplitOptions.RemoveEmptyEntries)),
        Features.Of(Features.Default, [user], (Culvert.Connector.Datagrams.DatagramVersion)version));

    [Fact]
    public void Platform_is_spelled_as_the_original_does() =>
        Assert.Matches("^(linux|windows|darwin)_(amd64|arm64|386|arm)$", Features.Platform);
}
