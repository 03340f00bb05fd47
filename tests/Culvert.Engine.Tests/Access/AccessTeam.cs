using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Culvert.Engine.Access;
using Culvert.Engine.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Tests.Access;

/// <summary>A team that issues tokens, and the server of its keys, over HTTPS.</summary>
internal sealed class AccessTeam : IAsyncDisposable
{
    public const string Issuer = "https://team.cloudflareaccess.com";

    private readonly TestCertificate _certificate = new("localhost");
    private readonly Dictionary<string, RSA> _keys = [];
    private readonly WebApplication _server;
    private int _asked;

    private AccessTeam()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate.Certificate)));
        builder.WebHost.UseKestrelHttpsConfiguration();
        _server = builder.Build();
        _server.Run(ServeAsync);
        AddKey("first");
    }

    /// <summary>Requests for keys so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>What the server answers instead of its keys.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public AccessKeyClient Client { get; private set; } = null!;

    public static async Task<AccessTeam> StartAsync()
    {
        var team = new AccessTeam();
        await team._server.StartAsync();
        var address = new Uri(team._server.Urls.Single());
        team.Client = new AccessKeyClient(
            new UriBuilder("https", "localhost", address.Port).Uri,
            new SocketsHttpHandler
            {
                SslOptions =
                {
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        shown!.GetCertHashString() == team._certificate.Certificate.GetCertHashString(),
                },
            });
        return team;
    }

    public void AddKey(string name) => _keys.Add(name, RSA.Create(2048));

    public void RemoveKey(string name) => _keys.Remove(name);

    public Task StopServerAsync() => _server.StopAsync();

    /// <summary>A token that is valid for an hour and for <c>aud</c>; null leaves a claim out.</summary>
    public string Token(
        object? audience = null, string? issuer = Issuer, object? expires = null, object? notBefore = null, string key = "first",
        string? kid = "",
        string algorithm = "RS256", bool noExpiry = false)
    {
        var claims = new Dictionary<string, object>();
        Add(claims, "iss", issuer);
        Add(claims, "aud", audience ?? new[] { "aud" });
        Add(claims, "exp", noExpiry ? null : expires ?? DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds());
        Add(claims, "nbf", notBefore);
        var header = new Dictionary<string, object> { ["alg"] = algorithm, ["typ"] = "JWT" };
        Add(header, "kid", kid is "" ? key : kid);
        return Sign(JsonSerializer.Serialize(header), JsonSerializer.Serialize(claims), key);
    }

    /// <summary>A token of any header and payload, signed with RS256 whatever they say.</summary>
    public string Sign(string header, string payload, string key = "first")
    {
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(Encoding.UTF8.GetBytes(payload))}";
        var signature = _keys[key].SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Encode(signature)}";
    }

    public static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    private static void Add(Dictionary<string, object> members, string name, object? value)
    {
        if (value is not null)
        {
            members.Add(name, value);
        }
    }

    private Task ServeAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        Assert.Equal("/cdn-cgi/access/certs", context.Request.Path);
        if (Instead is { } instead)
        {
            return instead(context);
        }

        var keys = _keys.Select(key =>
        {
            var parameters = key.Value.ExportParameters(false);
            var (e, n) = (Encode(parameters.Exponent!), Encode(parameters.Modulus!));
            return new { kid = key.Key, kty = "RSA", alg = "RS256", use = "sig", e, n };
        });
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { keys, public_cert = new { kid = "first" } }));
    }
}
