using System.Net;
using System.Text.Json;
using Culvert.Transports.Registration;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Registration;

/// <summary>The records that the vectors' decoded fields stand for.</summary>
internal static class RegistrationSamples
{
    public static RegistrationRequest Request(JsonElement call)
    {
        var (auth, options) = (call.GetProperty("auth"), call.GetProperty("options"));
        var client = options.GetProperty("client");
        return new RegistrationRequest(
            new TunnelAuth(auth.Text("accountTag"), auth.Hex("tunnelSecretHex")),
            new Guid(call.Hex("tunnelIdHex"), bigEndian: true),
            call.GetProperty("connIndex").GetByte(),
            new ConnectorInfo(
                new Guid(client.Hex("clientIdHex"), bigEndian: true),
                [.. client.GetProperty("features").EnumerateArray().Select(f => f.GetString()!)],
                client.Text("version"),
                client.Text("arch")),
            IPAddress.Parse(options.Text("originLocalIp")),
            options.GetProperty("replaceExisting").GetBoolean(),
            options.GetProperty("compressionQuality").GetByte(),
            options.GetProperty("numPreviousAttempts").GetByte());
    }

    public static RegistrationResult Result(JsonElement decoded)
    {
        if (decoded.TryGetProperty("connectionDetails", out var details))
        {
            return new ConnectionDetails(
                new Guid(details.Hex("uuidHex"), bigEndian: true),
                details.Text("locationName"),
                details.GetProperty("tunnelIsRemotelyManaged").GetBoolean());
        }

        var error = decoded.GetProperty("error");
        var retryAfter = error.TryGetProperty("retryAfterNanoseconds", out var wait) ? wait.GetInt64() : 0;
        return new RegistrationError(
            error.Text("cause"), TimeSpan.FromTicks(retryAfter / 100), error.GetProperty("shouldRetry").GetBoolean());
    }

    /// <summary>Records compare their lists and buffers by reference, so that tests compare what they hold.</summary>
    public static void AssertEqual(RegistrationRequest expected, RegistrationRequest actual)
    {
        Assert.Equal(expected.Auth.AccountTag, actual.Auth.AccountTag);
        Assert.Equal(expected.Auth.TunnelSecret.ToArray(), actual.Auth.TunnelSecret.ToArray());
        Assert.Equal(expected.Connector.Features, actual.Connector.Features);
        Assert.Equal(
            expected with { Auth = actual.Auth, Connector = expected.Connector with { Features = actual.Connector.Features } },
            actual);
    }
}
