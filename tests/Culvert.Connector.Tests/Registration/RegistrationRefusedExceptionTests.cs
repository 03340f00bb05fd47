using Culvert.Connector.Registration;
using Culvert.Transports.Registration;

namespace Culvert.Connector.Tests.Registration;

public class RegistrationRefusedExceptionTests
{
    [Theory]
    [InlineData("no such tunnel", false, true)]
    [InlineData("no such tunnel", true, false)]
    [InlineData("Unauthorized: Tunnel not found", false, false)]
    [InlineData("EDUPCONN", false, false)]
    [InlineData("not EDUPCONN", false, true)]
    public void Refusal_is_final_only_when_nothing_can_change(string cause, bool shouldRetry, bool isFinal) =>
        Assert.Equal(isFinal, new RegistrationRefusedException(new RegistrationError(cause, TimeSpan.Zero, shouldRetry)).IsFinal);

    [Fact]
    public void Duplicate_has_the_text_of_the_original()
    {
        var e = new RegistrationRefusedException(new RegistrationError("EDUPCONN", TimeSpan.Zero, true));

        Assert.True(e.IsDuplicate);
        Assert.Equal("already connected to this server, trying another address", e.Message);
    }
}
