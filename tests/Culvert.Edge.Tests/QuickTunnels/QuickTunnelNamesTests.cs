using Culvert.Edge.QuickTunnels;

namespace Culvert.Edge.Tests.QuickTunnels;

public class QuickTunnelNamesTests
{
    [Fact]
    public void Names_are_short_host_labels()
    {
        for (var i = 0; i < 200; i++)
        {
            Assert.Matches("^[a-z]{3,8}-[a-z]{3,8}-[0-9]{2,4}$", QuickTunnelNames.Next());
        }
    }
}
