using System.Net;
using System.Text;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Sessions;

/// <summary>Parameters and results of SessionManager as Cap'n Proto, allocated in the reference's order.</summary>
internal static class SessionCodec
{
    public static void WriteRequest(PointerBuilder content, UdpSessionRequest request)
    {
        Span<byte> buffer = stackalloc byte[WireUuid.Bytes];
        var fields = new RegisterUdpSessionParams.Builder(content.InitStruct(RegisterUdpSessionParams.Size))
        {
            DstPort = request.DestinationPort,
            CloseAfterIdleHint = WireDuration.Write(request.CloseAfterIdle),
        };
        fields.SetSessionId(WireUuid.Write(request.SessionId, buffer));
        request.DestinationIp.TryWriteBytes(buffer, out var written);
        fields.SetDstIp(buffer[..written]);
        fields.SetTraceContext(request.TraceContext);
    }

    /// <summary>Null when the address has an impossible length, which is answered with a refusal.</summary>
    /// <exception cref="RpcException">The id is not a UUID, or there is no address.</exception>
    public static UdpSessionRequest? ReadRequest(PointerReader content)
    {
        var fields = new RegisterUdpSessionParams(content.AsStruct());
        var id = WireUuid.Read(fields.SessionId);
        var bytes = fields.DstIp;
        if (bytes.IsEmpty)
        {
            throw new RpcException("[] is not valid IP");
        }

        if (bytes.Length is not (4 or 16))
        {
            return null;
        }

        var address = new IPAddress(bytes);
        return new UdpSessionRequest(
            id,
            address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address,
            fields.DstPort,
            WireDuration.Read(Math.Max(fields.CloseAfterIdleHint, 0)),
            Encoding.UTF8.GetString(fields.TraceContext));
    }

    public static void WriteResult(PointerBuilder content, UdpSessionResult result)
    {
        var fields = new RegisterUdpSessionResults.Builder(content.InitStruct(RegisterUdpSessionResults.Size)).InitResult();
        fields.SetErr(result.Error ?? "");
        if (!result.Spans.IsEmpty)
        {
            fields.SetSpans(result.Spans.Span);
        }
    }

    public static UdpSessionResult ReadResult(PointerReader content)
    {
        var fields = new RegisterUdpSessionResults(content.AsStruct()).Result;
        return new UdpSessionResult(fields.Err.IsEmpty ? null : Encoding.UTF8.GetString(fields.Err), fields.Spans.ToArray());
    }

    public static void WriteUnregister(PointerBuilder content, (Guid SessionId, string Message) request)
    {
        var fields = new UnregisterUdpSessionParams.Builder(content.InitStruct(UnregisterUdpSessionParams.Size));
        fields.SetSessionId(WireUuid.Write(request.SessionId, stackalloc byte[WireUuid.Bytes]));
        fields.SetMessage(request.Message);
    }
}
