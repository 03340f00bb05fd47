using Culvert.Connector.RemoteFeatures;

namespace Culvert.Connector.Tests.RemoteFeatures;

public class FeatureRecordTests
{
    // T01, T02, section 7.2.
    [Theory]
    [InlineData("{\"dv3_2\":0}", 0)]
    [InlineData("{\"dv3_2\":39}", 39)]
    [InlineData("{\"dv3_2\":100}", 100)]
    [InlineData("{\"dv3_2\":4294967295}", 4294967295)]
    [InlineData("{\"DV3_2\":39}", 39)]
    [InlineData("{}", 0)]
    [InlineData("null", 0)]
    [InlineData("{\"dv3_2\":null}", 0)]
    [InlineData("{\"kyber\":768}", 0)]
    [InlineData("{\"pq\":101,\"dv3\":100,\"dv3_1\":100}", 0)]
    public void Percentage_of_version_3_is_read(string text, uint percentage) =>
        Assert.Equal(new FeatureRecord(percentage, false), FeatureRecord.Parse(text));

    [Theory]
    [InlineData("{\"skip_prechecks\":true}", true)]
    [InlineData("{\"skip_prechecks\":false}", false)]
    [InlineData("{\"Skip_Prechecks\":true}", true)]
    public void Prechecks_may_be_skipped(string text, bool skip) =>
        Assert.Equal(new FeatureRecord(0, skip), FeatureRecord.Parse(text));

    [Theory]
    [InlineData("{\"dv3_2\":-1}")]
    [InlineData("{\"dv3_2\":\"5\"}")]
    [InlineData("{\"dv3_2\":5.5}")]
    [InlineData("{\"dv3_2\":4294967296}")]
    [InlineData("{\"skip_prechecks\":1,\"dv3_2\":5}")]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"dv3_2\":1}x")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[")]
    public void Record_that_makes_no_sense_is_refused_whole(string text) =>
        Assert.Throws<FormatException>(() => FeatureRecord.Parse(text));

    // Section 7.3.
    [Theory]
    [InlineData("", 61)]
    [InlineData("123456", 74)]
    [InlineData("abcdabcdabcdabcd1234567890abcdef", 79)]
    [InlineData("0000d4d14e84bd4ae5a6a02e0000ac63", 54)]
    [InlineData("699d98642c564d2e855e9661899b7252", 86)]
    [InlineData("testAccountTag", 56)]
    [InlineData("default", 94)]
    public void C4_Account_has_its_hundredth(string account, uint hash) => Assert.Equal(hash, AccountHash.Of(account));
}
