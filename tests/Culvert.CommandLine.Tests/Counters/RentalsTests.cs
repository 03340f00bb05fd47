using Culvert.CommandLine.Counters;
using Culvert.Transports.Headers;

namespace Culvert.CommandLine.Tests.Counters;

public class RentalsTests
{
    private const int Lists = 2000;

    // Far more than what tests beside this one take or give back meanwhile.
    private const int Most = 500;

    [Fact]
    public void What_is_not_given_back_shows()
    {
        var before = Rentals.Outstanding;
        var lists = Enumerable.Range(0, Lists).Select(_ => new HeaderList()).ToArray();
        foreach (var list in lists)
        {
            list.Add("name", "value");
        }

        Assert.True(Rentals.Outstanding - before > Lists - Most);
        foreach (var list in lists)
        {
            list.Clear();
        }

        Assert.True(Math.Abs(Rentals.Outstanding - before) < Most);
    }
}
