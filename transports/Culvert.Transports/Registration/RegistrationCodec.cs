using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Registration;

/// <summary>Registration's parameters and results as Cap'n Proto, allocated in the reference's order.</summary>
internal static class RegistrationCodec
{
    // Connectors send about seven; the limit keeps a hostile one from making millions of strings.
    private const int LargestFeatureCount = 1024;

    public static void WriteRequest(PointerBuilder content, RegistrationRequest request)
    {
        Span<byte> buffer = stackalloc byte[WireUuid.Bytes];
        var fields = new RegisterConnectionParams.Builder(content.InitStruct(RegisterConnectionParams.Size))
        {
            ConnIndex = request.ConnectionIndex,
        };
        var auth = fields.InitAuth();
        auth.SetAccountTag(request.Auth.AccountTag);
        auth.SetTunnelSecret(request.Auth.TunnelSecret.Span);
        fields.SetTunnelId(WireUuid.Write(request.TunnelId, buffer));
        var options = fields.InitOptions();
        options.ReplaceExisting = request.ReplaceExisting;
        options.CompressionQuality = request.CompressionQuality;
        options.NumPreviousAttempts = request.PreviousAttempts;
        var client = options.InitClient();
        client.SetClientId(WireUuid.Write(request.Connector.ConnectorId, buffer));
        WriteFeatures(client, request.Connector.Features);
        client.SetVersion(request.Connector.Version);
        client.SetArch(request.Connector.Arch);
        if (request.OriginLocalIp is { } address)
        {
            options.SetOriginLocalIp(WriteAddress(address, buffer));
        }
    }

    /// <exception cref="RpcException">An id is not a UUID, or there are too many features.</exception>
    public static RegistrationRequest ReadRequest(PointerReader content)
    {
        var fields = new RegisterConnectionParams(content.AsStruct());
        var (auth, options) = (fields.Auth, fields.Options);
        var client = options.Client;
        return new RegistrationRequest(
            new TunnelAuth(Encoding.UTF8.GetString(auth.AccountTag), auth.TunnelSecret.ToArray()),
            WireUuid.Read(fields.TunnelId),
            fields.ConnIndex,
            new ConnectorInfo(
                WireUuid.Read(client.ClientId),
                ReadFeatures(client.Features),
                Encoding.UTF8.GetString(client.Version),
                Encoding.UTF8.GetString(client.Arch)),
            ReadAddress(options.OriginLocalIp),
            options.ReplaceExisting,
            options.CompressionQuality,
            options.NumPreviousAttempts);
    }

    public static void WriteResult(PointerBuilder content, RegistrationResult result)
    {
        var response = new RegisterConnectionResults.Builder(content.InitStruct(RegisterConnectionResults.Size)).InitResult();
        switch (result)
        {
            case ConnectionDetails accepted:
                var details = response.InitConnectionDetails();
                details.TunnelIsRemotelyManaged = accepted.TunnelIsRemotelyManaged;
                details.SetUuid(WireUuid.Write(accepted.ConnectionId, stackalloc byte[WireUuid.Bytes]));
                details.SetLocationName(accepted.LocationName);
                break;
            case RegistrationError refused:
                var error = response.InitError();
                error.RetryAfter = WireDuration.Write(refused.RetryAfter);
                error.ShouldRetry = refused.ShouldRetry;
                error.SetCause(refused.Cause);
                break;
            default:
                throw new InvalidOperationException("a registration is either accepted or refused");
        }
    }

    /// <exception cref="RpcException">The connection's id is not a UUID, or the result is neither of the two.</exception>
    public static RegistrationResult ReadResult(PointerReader content)
    {
        var response = new RegisterConnectionResults(content.AsStruct()).Result;
        switch (response.Kind)
        {
            case ConnectionResponse.ErrorKind:
                var error = response.Error;
                return new RegistrationError(
                    Encoding.UTF8.GetString(error.Cause), WireDuration.Read(error.RetryAfter), error.ShouldRetry);
            case ConnectionResponse.ConnectionDetailsKind:
                var details = response.ConnectionDetails;
                return new ConnectionDetails(
                    WireUuid.Read(details.Uuid), Encoding.UTF8.GetString(details.LocationName), details.TunnelIsRemotelyManaged);
            default:
                throw new RpcException($"unknown result which {response.Kind}");
        }
    }

    private static void WriteFeatures(ClientInfo.Builder client, IReadOnlyList<string> features)
    {
        if (features.Count == 0)
        {
            return;
        }

        var list = client.InitFeatures(features.Count);
        for (var i = 0; i < features.Count; i++)
        {
            list.GetPointer(i).SetText(features[i]);
        }
    }

    private static string[] ReadFeatures(ListReader list)
    {
        if (list.Count > LargestFeatureCount)
        {
            throw new RpcException("too many features");
        }

        var features = new string[list.Count];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = Encoding.UTF8.GetString(list.GetText(i));
        }

        return features;
    }

    private static ReadOnlySpan<byte> WriteAddress(IPAddress address, Span<byte> buffer)
    {
        // By hand, since the runtime's own mapping to IPv6 makes a new object.
        buffer.Clear();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            buffer[10..12].Fill(0xff);
            address.TryWriteBytes(buffer[12..], out _);
        }
        else
        {
            address.TryWriteBytes(buffer, out _);
        }

        return buffer;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (4 or 16))
        {
            return null;
        }

        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
