using System.Buffers.Binary;
using Culvert.Transports.Connections;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>
/// The SETTINGS frame that a connector sends before it has read anything, as edges may wait for (http2-and-proxy, section 1.2).
/// The server sends its own, with the same values, only after the edge's preface; a second one changes nothing.
/// </summary>
internal static class EarlySettings
{
    private const byte FrameType = 4;
    private const int FrameHeadBytes = 9;
    private const int SettingBytes = 6;

    /// <summary>The frame, acknowledged by the edge like any other.</summary>
    public static ReadOnlyMemory<byte> Frame { get; } = Write(
        (Id: 5, Value: Http2StreamServer.MaxFrameBytes),
        (Id: 3, Value: StreamSlots.DefaultCapacity),
        (Id: 6, Value: Http2StreamServer.MaxHeaderListBytes),
        (Id: 4, Value: Http2StreamServer.StreamWindowBytes));

    private static byte[] Write(params ReadOnlySpan<(int Id, int Value)> settings)
    {
        var frame = new byte[FrameHeadBytes + (settings.Length * SettingBytes)];
        frame[2] = (byte)(settings.Length * SettingBytes);
        frame[3] = FrameType;
        for (var i = 0; i < settings.Length; i++)
        {
            var setting = frame.AsSpan(FrameHeadBytes + (i * SettingBytes));
            BinaryPrimitives.WriteUInt16BigEndian(setting, (ushort)settings[i].Id);
            BinaryPrimitives.WriteInt32BigEndian(setting[2..], settings[i].Value);
        }

        return frame;
    }
}
