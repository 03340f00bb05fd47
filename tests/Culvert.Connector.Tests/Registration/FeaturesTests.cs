using Culvert.Connector.Registration;

namespace Culvert.Connector.Tests.Registration;

public class FeaturesTests
{
    [Fact]
    public void Features_are_those_every_connector_lists() =>
        Assert.Equal(
            ["allow_remote_config", "management_logs", "serialized_headers", "support_datagram_v2", "support_quic_eof"],
            Features.Default.Order(StringComparer.Ordinal));

    [Fact]
    public void Platform_is_spelled_as_the_original_does() =>
        Assert.Matches("^(linux|windows|darwin)_(amd64|arm64|386|arm)$", Features.Platform);
}
