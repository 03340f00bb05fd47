using Culvert.Engine.Tracing.Export;

namespace Culvert.Engine.Tests.Tracing.Export;

public sealed class OtlpOptionsTests
{
    [Fact]
    public void Nothing_is_traced_unless_an_endpoint_is_given()
    {
        Assert.Null(Read(null));
        Assert.Null(Read(null, ("OTEL_SERVICE_NAME", "web")));
        Assert.Null(Read("http://127.0.0.1:4318", ("OTEL_SDK_DISABLED", "true")));
        Assert.Null(Read("http://127.0.0.1:4318", ("OTEL_TRACES_EXPORTER", "none")));
    }

    [Theory]
    [InlineData("http://a:4318", null, null, "http://a:4318/v1/traces")]
    [InlineData(null, "OTEL_EXPORTER_OTLP_ENDPOINT", "https://b/otlp/", "https://b/otlp/v1/traces")]
    [InlineData(null, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b/otlp/", "https://b/otlp/")]
    [InlineData("http://a:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b", "http://a:4318/v1/traces")]
    public void Endpoint(string? flag, string? name, string? value, string endpoint) =>
        Assert.Equal(endpoint, Read(flag, (name ?? "", value))!.Endpoint.AbsoluteUri);

    [Fact]
    public void Values_are_those_of_the_specification()
    {
        var options = Read(
            "http://a", ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, other=c=d"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=web,zone=1"), ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"), ("OTEL_BSP_MAX_QUEUE_SIZE", "7"))!;

        Assert.Equal([new("x-key", "a b"), new("other", "c=d")], options.Headers);
        Assert.Equal((TimeSpan.FromMilliseconds(250), "web", 0.25, true, 7),
            (options.Timeout, options.ServiceName, options.Ratio, options.FollowsParent, options.QueueLength));
        Assert.Equal(
            "api", Read("http://a", ("OTEL_RESOURCE_ATTRIBUTES", "service.name=web"), ("OTEL_SERVICE_NAME", "api"))!.ServiceName);
        Assert.Equal(
            (0d, false),
            Read("http://a", ("OTEL_TRACES_SAMPLER", "always_off")) is { } off ? (off.Ratio, off.FollowsParent) : default);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "-1")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "key")]
    [InlineData("OTEL_TRACES_SAMPLER", "jaeger_remote")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "0")]
    public void Value_that_is_not_usable_is_named(string name, string value) =>
        Assert.Contains(
            name, Assert.Throws<FormatException>(() => Read("http://a", (name, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void Flag_that_is_no_URL_is_named() =>
        Assert.Contains(
            "--otlp-endpoint", Assert.Throws<FormatException>(() => Read("a:4318")).Message, StringComparison.Ordinal);

    private static OtlpOptions? Read(string? flag, params (string Name, string? Value)[] variables) =>
        OtlpOptions.Read(flag, name => Array.Find(variables, variable => variable.Name == name).Value);
}
