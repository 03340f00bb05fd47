using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tests;

[Trait("Category", "Unit")]
public sealed class QuicRuntimeTests
{
    [Fact]
    public void ThisMachineIsSupported()
    {
        Assert.True(QuicRuntime.IsSupported(out var reason), reason);
        Assert.Contains("ngtcp2 1.", QuicRuntime.Version, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false, false, 0, "needs Linux")]
    [InlineData(true, false, false, 0, "libngtcp2-16")]
    [InlineData(true, true, false, 0x010b00, "libngtcp2-crypto-gnutls8")]
    [InlineData(true, true, true, 0x010a00, "upgrade")]
    public void WhatIsMissingIsSaidInOneLine(bool linux, bool engine, bool helper, int version, string expected)
    {
        var reason = QuicRuntime.Explain(linux, engine, helper, version, "1.10.0");
        Assert.Contains(expected, reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason!);
    }

    [Fact]
    public void TheOldestVersionThatWorksIsAccepted() =>
        Assert.Null(QuicRuntime.Explain(true, true, true, Ngtcp2.MinimumVersion, "1.11.0"));
}
