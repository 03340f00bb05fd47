using System.Globalization;
using System.Text;
using Culvert.Edge.Management;
using Culvert.Engine.Answers;
using Culvert.Transports.Credentials;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.QuickTunnels;

/// <summary>The HTTP service behind <c>--quick-service</c>: <c>POST /tunnel</c> (cli-api-access, section 8.1).</summary>
/// <param name="factory">Makes tunnels.</param>
/// <param name="management">What else is there; null for nothing.</param>
internal sealed class QuickTunnelApplication(QuickTunnelFactory factory, ManagementTokenApi? management = null)
    : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context)
    {
        if (management?.TryAnswer(context) is { } answered)
        {
            return answered;
        }

        // A base URL with a trailing slash makes clients ask for "//tunnel".
        if (context.Request.Path.Value?.TrimStart('/') != "tunnel")
        {
            return RefuseAsync(context, StatusCodes.Status404NotFound, "There is nothing here. Quick tunnels: POST /tunnel");
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Quick tunnels are made with POST /tunnel");
        }

        return factory.Create() is { } tunnel
            ? WholeAnswer.WriteAsync(
                context, StatusCodes.Status200OK, WholeAnswer.Json, WriteTunnel(tunnel.Credentials, tunnel.Hostname))
            : RefuseAsync(
                context, StatusCodes.Status429TooManyRequests, "This edge node has no room for another quick tunnel now");
    }

    // Clients show a body that is not JSON to their user, and nothing else of a refusal.
    private static Task RefuseAsync(HttpContext context, int status, string text) =>
        WholeAnswer.WriteAsync(context, status, WholeAnswer.PlainText, Encoding.UTF8.GetBytes(text + "\n"));

    private static ReadOnlyMemory<byte> WriteTunnel(TunnelCredentials credentials, string hostname) =>
        WholeAnswer.JsonObject(json =>
        {
            json.WriteBoolean("success", true);
            json.WriteStartObject("result");
            json.WriteString("id", credentials.TunnelId.ToString("D", CultureInfo.InvariantCulture));
            json.WriteString("name", hostname);
            json.WriteString("hostname", hostname);
            json.WriteString("account_tag", credentials.AccountTag);
            json.WriteBase64String("secret", credentials.Secret.Span);
            json.WriteEndObject();
            json.WriteStartArray("errors");
            json.WriteEndArray();
        });
}
