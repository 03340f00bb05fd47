using Culvert.Connector.Diagnostics;

namespace Culvert.Connector.Tests.Diagnostics;

public class ProcTextTests
{
    [Fact]
    public void S11_10_MeminfoIsRead() =>
        Assert.Equal((2048, 1048), ProcText.Memory("MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1000 kB\n"));

    [Theory]
    [InlineData("MemTotal: 2048 kB\n")]
    [InlineData("MemTotal:\nMemAvailable: 7 kB\n")]
    [InlineData("MemTotal: many kB\nMemAvailable: 7 kB\n")]
    [InlineData("")]
    public void S11_10_MeminfoThatLacksSomethingIsAnError(string text) =>
        Assert.Throws<FormatException>(() => ProcText.Memory(text));

    [Theory]
    [InlineData("1824\t0\t9223372036854775807\n", long.MaxValue, 1824)]
    [InlineData("1 2 18446744073709551615", long.MaxValue, 1)]
    [InlineData("10 0 20", 20, 10)]
    public void S11_10_OpenFilesAreRead(string text, long maximum, long current) =>
        Assert.Equal((maximum, current), ProcText.FileDescriptors(text));

    [Theory]
    [InlineData("1 2")]
    [InlineData("1 2 x")]
    [InlineData("1 2 3 4")]
    [InlineData("")]
    public void S11_10_OpenFilesThatAreNoNumbersAreAnError(string text) =>
        Assert.Throws<FormatException>(() => ProcText.FileDescriptors(text));

    [Fact]
    public void User_id_is_read() => Assert.Equal("1000", ProcText.UserId("Name:\tx\nUid:\t1000\t1000\t1000\t1000\n"));

    [Fact]
    public void Mounts_of_other_machines_are_left_out_and_blanks_are_read() => Assert.Equal(
        [("/dev/sda1", "/"), ("tmp", "/mnt/my disk")],
        DiskVolumes.Mounts(
            "/dev/sda1 / ext4 rw 0 0\nserver:/x /net nfs4 rw 0 0\ns3 /b fuse.s3fs rw 0 0\ntmp /mnt/my\\040disk tmpfs rw 0 0\n" +
            "broken\n"));
}
