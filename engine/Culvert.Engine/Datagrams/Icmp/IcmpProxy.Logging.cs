using System.Net;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Icmp;

public sealed partial class IcmpProxy
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "ICMP proxy feature is disabled {error}")]
    private static partial void LogDisabled(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "ICMP proxy will use {ip} as source for IPv{version}")]
    private static partial void LogSource(ILogger logger, IPAddress ip, int version);

    [LoggerMessage(Level = LogLevel.Debug, Message = "failed to create ICMPv4 proxy, only ICMPv6 proxy is created {error}")]
    private static partial void LogOnlyV6(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "failed to create ICMPv6 proxy, only ICMPv4 proxy is created {error}")]
    private static partial void LogOnlyV4(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "icmp router terminated")]
    private static partial void LogTerminated(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "unable to marshal icmp packet {connIndex} {error}")]
    private static partial void LogUndecodable(ILogger logger, byte connIndex, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "unable to unmarshal icmp datagram {connIndex} {error}")]
    private static partial void LogUnreadable(ILogger logger, byte connIndex, string error);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "unable to write icmp datagram to origin {connIndex} {error} {src} {dst} {type}")]
    private static partial void LogNotWritten(
        ILogger logger, byte connIndex, string error, IPAddress src, IPAddress dst, byte type);

    [LoggerMessage(Level = LogLevel.Warning, Message = "failed to write icmp packet to origin: dropped {connIndex}")]
    private static partial void LogQueueFull(ILogger logger, byte connIndex);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Received ICMP request {src} {dst} {originalEchoID} {originalEchoSeq}")]
    private static partial void LogRequest(
        ILogger logger, IPAddress src, IPAddress dst, ushort originalEchoID, ushort originalEchoSeq);

    [LoggerMessage(Level = LogLevel.Debug, Message = "New flow {src} {dst} {originalEchoID} {echoID}")]
    private static partial void LogOpened(ILogger logger, IPAddress src, IPAddress dst, ushort originalEchoID, ushort echoID);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Sent ICMP reply to edge {dst} {echoID}")]
    private static partial void LogReplied(ILogger logger, IPAddress dst, ushort echoID);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Drop ICMP {type} from reply")]
    private static partial void LogUnwanted(ILogger logger, int type);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to read from ICMP socket {dst} {error}")]
    private static partial void LogReadFailed(ILogger logger, IPAddress dst, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to send ICMP reply {connIndex} {packetSize}")]
    private static partial void LogReplyFailed(ILogger logger, byte connIndex, int packetSize);

    [LoggerMessage(Level = LogLevel.Error, Message = "failed to return ICMP TTL exceed error {connIndex}")]
    private static partial void LogExceededFailed(ILogger logger, byte connIndex);
}
