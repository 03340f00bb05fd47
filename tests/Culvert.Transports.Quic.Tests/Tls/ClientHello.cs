using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Culvert.Transports.Quic.Tests.Tls;

/// <summary>
/// Puts a ClientHello together from the first packets of a QUIC client, whose keys everybody knows (RFC 9001, section 5.2).
/// </summary>
internal sealed class ClientHello
{
    private const int SupportedGroups = 10;
    private const int SampleLength = 16;
    private const int TagLength = 16;

    private static readonly byte[] Salt = Convert.FromHexString("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");

    private readonly SortedDictionary<int, byte[]> _parts = [];

    /// <summary>The groups in the order they are offered; null while bytes are missing.</summary>
    public int[]? Groups
    {
        get
        {
            var message = new List<byte>();
            foreach (var (offset, part) in _parts)
            {
                if (offset > message.Count)
                    return null;
                message.AddRange(part.Skip(message.Count - offset));
            }
            var bytes = message.ToArray();
            return bytes.Length > 4 && bytes.Length >= 4 + (bytes[1] << 16 | bytes[2] << 8 | bytes[3]) ? Read(bytes) : null;
        }
    }

    /// <summary>Reads one UDP datagram, which may hold several packets.</summary>
    public void Add(byte[] datagram)
    {
        var at = 0;
        while (at < datagram.Length && (datagram[at] & 0xf0) == 0xc0)
        {
            var id = datagram.AsSpan(at + 6, datagram[at + 5]);
            var next = at + 6 + id.Length;
            next += 1 + datagram[next];
            var tokenLength = Integer(datagram, ref next);
            next += tokenLength;
            var length = Integer(datagram, ref next);
            Decrypt(datagram.AsSpan(at, next - at + length), next - at, id);
            at = next + length;
        }
    }

    private void Decrypt(Span<byte> packet, int numberAt, ReadOnlySpan<byte> id)
    {
        var secret = Expand(HKDF.Extract(HashAlgorithmName.SHA256, id.ToArray(), Salt), "client in", 32);
        using var protection = Aes.Create();
        protection.Key = Expand(secret, "quic hp", 16);
        var mask = protection.EncryptEcb(packet.Slice(numberAt + 4, SampleLength), PaddingMode.None);
        packet[0] ^= (byte)(mask[0] & 0x0f);
        var numberLength = 1 + (packet[0] & 3);
        var nonce = Expand(secret, "quic iv", 12);
        for (var i = 0; i < numberLength; i++)
        {
            packet[numberAt + i] ^= mask[1 + i];
            nonce[12 - numberLength + i] ^= packet[numberAt + i];
        }
        var sealedBytes = packet[(numberAt + numberLength)..];
        var frames = new byte[sealedBytes.Length - TagLength];
        using var cipher = new AesGcm(Expand(secret, "quic key", 16), TagLength);
        cipher.Decrypt(nonce, sealedBytes[..^TagLength], sealedBytes[^TagLength..], frames, packet[..(numberAt + numberLength)]);
        Collect(frames);
    }

    // PADDING, PING and CRYPTO are all that a client sends before it has heard anything.
    private void Collect(byte[] frames)
    {
        var at = 0;
        while (at < frames.Length)
        {
            var type = frames[at++];
            if (type is 0 or 1)
                continue;
            Assert.Equal(6, type);
            var offset = Integer(frames, ref at);
            var length = Integer(frames, ref at);
            _parts[offset] = frames[at..(at + length)];
            at += length;
        }
    }

    private static int[] Read(byte[] hello)
    {
        // Type and length, version, random.
        var at = 4 + 2 + 32;
        at += 1 + hello[at];
        at += 2 + BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at));
        at += 1 + hello[at];
        at += 2;
        while (BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at)) != SupportedGroups)
            at += 4 + BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at + 2));
        var count = BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at + 4)) / 2;
        return [
            .. Enumerable.Range(0, count).Select(i => (int)BinaryPrimitives.ReadUInt16BigEndian(hello.AsSpan(at + 6 + (2 * i))))];
    }

    private static int Integer(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = 1 << (bytes[at] >> 6);
        var value = bytes[at] & 0x3f;
        for (var i = 1; i < length; i++)
            value = value << 8 | bytes[at + i];
        at += length;
        return value;
    }

    private static byte[] Expand(byte[] secret, string label, int length)
    {
        var name = Encoding.ASCII.GetBytes("tls13 " + label);
        return HKDF.Expand(
            HashAlgorithmName.SHA256, secret, length, [(byte)(length >> 8), (byte)length, (byte)name.Length, .. name, 0]);
    }
}
