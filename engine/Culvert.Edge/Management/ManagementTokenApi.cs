using Culvert.Edge.Tunnels;
using Culvert.Engine.Answers;
using Culvert.Transports.Credentials;
using Microsoft.AspNetCore.Http;

namespace Culvert.Edge.Management;

/// <summary>
/// Issues management tokens over HTTP: <c>POST /accounts/ACCOUNT/cfd_tunnel/TUNNEL/management/RESOURCE</c> (cli-api-access,
/// section 7.5). Who asks proves it with the tunnel's token as bearer. Thread-safe.
/// </summary>
internal sealed class ManagementTokenApi(TunnelDirectory directory, ManagementTokens tokens)
{
    private const string Scheme = "Bearer ";

    /// <summary>Answers a request when its path is the API's.</summary>
    /// <returns>Null when it is not.</returns>
    public Task? TryAnswer(HttpContext context)
    {
        if (context.Request.Path.Value?.Split('/')
            is not ["", .., "accounts", var account, "cfd_tunnel", var tunnel, "management", var resource])
        {
            return null;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, null, "management tokens are made with POST");
        }

        // What is wrong is the same to whoever has no credentials: nothing can be learnt about tunnels.
        if (!Guid.TryParseExact(tunnel, "D", out var id)
            || Owned(context.Request.Headers.Authorization.ToString(), account, id) is not { } owned)
        {
            return AnswerAsync(context, StatusCodes.Status403Forbidden, null, "the bearer token is not that of the tunnel");
        }

        return ManagementTokens.Allowed(resource) is { } resources
            ? AnswerAsync(context, StatusCodes.Status200OK, tokens.Issue(owned, resources), null)
            : AnswerAsync(
                context, StatusCodes.Status400BadRequest, null, "the resource must be one of: logs, admin, host_details");
    }

    private Tunnel? Owned(string authorization, string account, Guid id)
    {
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            var credentials = TunnelToken.Parse(authorization[Scheme.Length..]);
            return credentials.TunnelId == id && credentials.AccountTag == account && directory.Find(id) is { } tunnel
                && tunnel.Accepts(account, credentials.Secret.Span) ? tunnel : null;
        }
        catch (CredentialsException)
        {
            return null;
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string? result, string? error)
    {
        context.Response.Headers.CacheControl = "no-store";
        return WholeAnswer.WriteAsync(context, status, WholeAnswer.Json, WholeAnswer.JsonObject(json =>
        {
            json.WriteBoolean("success", error is null);
            json.WriteStartArray("errors");
            if (error is not null)
            {
                json.WriteStartObject();
                json.WriteNumber("code", status);
                json.WriteString("message", error);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("messages");
            json.WriteEndArray();
            json.WriteString("result", result);
        }));
    }
}
