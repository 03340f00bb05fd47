using System.Security.Cryptography;
using System.Text;

namespace Culvert.Engine.Origins.HelloWorld;

/// <summary>The server's half of the WebSocket opening handshake (RFC 6455, section 4.2.2).</summary>
internal static class WebSocketHandshake
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Value of <c>Sec-WebSocket-Accept</c> for a client's key.</summary>
    public static string AcceptKey(string key)
    {
#pragma warning disable CA5350 // The protocol fixes SHA-1 here; it proves the protocol, not a secret.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350
    }
}
