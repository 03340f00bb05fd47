using System.CommandLine;
using System.Net;
using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public class FlagValueTests
{
    [Theory]
    [InlineData("127.0.0.1:8080", "127.0.0.1:8080")]
    [InlineData("8080", "127.0.0.1:8080")]
    [InlineData(":8080", "127.0.0.1:8080")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("*:80", "0.0.0.0:80")]
    [InlineData("0.0.0.0:65535", "0.0.0.0:65535")]
    [InlineData("[::1]:443", "[::1]:443")]
    [InlineData("[::]:443", "[::]:443")]
    public void Listen_address_is_read(string text, string expected) =>
        Assert.Equal(IPEndPoint.Parse(expected), Parse(text, FlagValue.ListenAddress).GetValue<IPEndPoint?>("--flag"));

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:+1")]
    [InlineData("127.0.0.1: 80")]
    [InlineData("example.com:80")]
    [InlineData("::1")]
    [InlineData("127.1:80")]
    [InlineData("0x7f000001:80")]
    public void What_is_no_listen_address_is_an_error_that_names_flag_and_text(string text) =>
        Assert.Equal(
            $"--flag: '{text}' is not ADDRESS:PORT such as 127.0.0.1:8080.",
            Assert.Single(Parse(text, FlagValue.ListenAddress).Errors).Message);

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("1m30s", 90)]
    [InlineData("0", 0)]
    public void Duration_is_read(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Parse(text, FlagValue.Duration).GetValue<TimeSpan>("--flag"));

    [Theory]
    [InlineData("30")]
    [InlineData("soon")]
    [InlineData("-1s")]
    public void What_is_no_duration_is_an_error_that_names_flag_and_text(string text) =>
        Assert.Equal(
            $"--flag: '{text}' is not a duration such as 30s or 1m30s.",
            Assert.Single(Parse(text, FlagValue.Duration).Errors).Message);

    private static ParseResult Parse<T>(string text, Func<System.CommandLine.Parsing.ArgumentResult, T?> parser) =>
        new RootCommand { new Option<T>("--flag") { CustomParser = parser } }.Parse(["--flag", text]);
}
