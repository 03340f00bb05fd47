using System.Text.Json;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Visitors;
using Culvert.Transports.Headers;

namespace Culvert.Edge.Tests.Visitors;

public class ErrorPageTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", true)]
    [InlineData("Application/JSON;q=0.5, */*", true)]
    [InlineData("text/html,application/xhtml+xml,application/json", false)]
    public void JSON_is_for_those_who_name_it_and_no_page(string accept, bool expected) =>
        Assert.Equal(expected, ErrorPage.WantsJson(accept));

    [Fact]
    public async Task Page_names_status_code_and_ray_and_escapes_the_host()
    {
        var visitor = new FakeVisitor(host: "<script>.example");
        await ErrorPage.WriteAsync(visitor.Visitor, EdgeError.UnknownHostname);
        await visitor.Visitor.ResponseBody.FlushAsync();

        Assert.Equal(530, visitor.Response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", visitor.Response.Headers.ContentType);
        Assert.Equal("no-store", visitor.Response.Headers.CacheControl);
        Assert.Equal(visitor.Visitor.Ray.ToString(), visitor.Response.Headers["CF-Ray"]);
        Assert.Equal(visitor.Body.Length, visitor.Response.Headers.ContentLength);
        Assert.Contains("&lt;script&gt;.example", visitor.BodyText);
        Assert.DoesNotContain("<script>", visitor.BodyText);
        Assert.Contains("530 unknown-hostname", visitor.BodyText);
        Assert.Contains(visitor.Visitor.Ray.ToString(), visitor.BodyText);
    }

    [Fact]
    public async Task Program_gets_JSON()
    {
        var visitor = new FakeVisitor(host: "a\"b.example");
        visitor.Request.Headers.Accept = "application/json";
        await ErrorPage.WriteAsync(visitor.Visitor, EdgeError.OriginUnreachable);
        await visitor.Visitor.ResponseBody.FlushAsync();
        using var json = JsonDocument.Parse(visitor.BodyText);

        Assert.Equal("application/json", visitor.Response.Headers.ContentType);
        Assert.Equal(502, json.RootElement.GetProperty("status").GetInt32());
        Assert.Equal("origin-unreachable", json.RootElement.GetProperty("error").GetString());
        Assert.Equal("a\"b.example", json.RootElement.GetProperty("host").GetString());
        Assert.Equal(visitor.Visitor.Ray.ToString(), json.RootElement.GetProperty("ray").GetString());
    }

    [Fact]
    public async Task Head_request_gets_the_length_and_no_body()
    {
        var visitor = new FakeVisitor("HEAD");
        await ErrorPage.WriteAsync(visitor.Visitor, EdgeError.NoConnector);
        await visitor.Visitor.ResponseBody.FlushAsync();

        Assert.Equal(0, visitor.Body.Length);
        Assert.True(visitor.Response.Headers.ContentLength > 0);
    }

    [Theory]
    [InlineData(ResponseSource.Connector, 502)]
    [InlineData(ResponseSource.FlowLimited, 503)]
    public void Answer_of_the_connector_has_its_error(ResponseSource source, int status) =>
        Assert.Equal(status, EdgeError.From(source).Status);
}
