namespace Culvert.Transports.Quic.Native;

/// <summary>Error numbers of ngtcp2 that this binding acts on.</summary>
internal static class Ngtcp2Errors
{
    public const int InvalidArgument = -201;
    public const int InvalidState = -204;
    public const int StreamIdBlocked = -206;
    public const int StreamDataBlocked = -208;
    public const int Crypto = -213;
    public const int StreamShutWrite = -219;
    public const int StreamNotFound = -220;
    public const int ReceivedVersionNegotiation = -222;
    public const int Closing = -223;
    public const int Draining = -224;
    public const int WriteMore = -230;
    public const int Retry = -231;
    public const int DropConnection = -232;
    public const int VersionNegotiation = -235;
    public const int HandshakeTimeout = -236;
    public const int IdleClose = -238;
    public const int CallbackFailure = -502;
}
