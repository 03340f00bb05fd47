using Culvert.Engine.Origins.Status;
using Culvert.Engine.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Status;

public class StatusOriginTests
{
    [Theory]
    [InlineData("", 200)]
    [InlineData("G01", 404)]
    [InlineData("", 503)]
    [InlineData("", 999)]
    public async Task Status_comes_without_headers_and_body(string row, int status)
    {
        await using var origin = new StatusOrigin(status);
        for (var round = 0; round < 3; round++)
        {
            using var stream = new FakeEdgeStream();
            await origin.ServeAsync(stream, default).AsTask();

            Assert.Equal((row, $"{status}"), (row, Assert.Single(stream.Head!)));
            Assert.Equal("", await stream.ReadToEndAsync());
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(199)]
    public async Task Status_that_cannot_end_a_response_is_200(int status)
    {
        await using var origin = new StatusOrigin(status);
        using var stream = new FakeEdgeStream();
        await origin.ServeAsync(stream, default);

        Assert.Equal(["200"], stream.Head!);
    }
}
