using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// Finds the connection a packet is for. Ids we chose have eight random bytes and are keys by value; ids that clients chose
/// for their first packets have any length up to twenty. With several loops on a port, the first byte of ours names the loop.
/// </summary>
internal sealed unsafe class ConnectionIdTable(int loopIndex = 0, int loopCount = 1)
{
    public const int Length = 8;

    private readonly Dictionary<ulong, ConnectionCore> _ours = [];
    private readonly Dictionary<ClientId, ConnectionCore> _clients = [];
    private ulong _lastKey;
    private ConnectionCore? _last;

    public int Count => _ours.Count;

    public ngtcp2_cid NewId()
    {
        var id = default(ngtcp2_cid);
        id.datalen = Length;
        RandomNumberGenerator.Fill(new Span<byte>(id.data, Length));
        if (loopCount > 1)
            id.data[0] = (byte)((id.data[0] % (256 / loopCount) * loopCount) + loopIndex);
        return id;
    }

    public void Add(in ngtcp2_cid id, ConnectionCore connection)
    {
        if (id.datalen == Length)
            _ours[Key(in id)] = connection;
        else
            _clients[ClientId.From(in id)] = connection;
    }

    public void Remove(in ngtcp2_cid id, ConnectionCore connection)
    {
        if (id.datalen == Length)
        {
            var key = Key(in id);
            if (_ours.TryGetValue(key, out var found) && found == connection)
                _ours.Remove(key);
            _last = null;
        }
        else
        {
            var key = ClientId.From(in id);
            if (_clients.TryGetValue(key, out var found) && found == connection)
                _clients.Remove(key);
        }
    }

    /// <summary>The connection of a packet, or null. Consecutive packets of one connection cost one comparison.</summary>
    public ConnectionCore? Find(byte* packet, int length)
    {
        byte* id;
        if ((packet[0] & 0x80) == 0)
        {
            if (length < 1 + Length)
                return null;
            id = packet + 1;
        }
        else
        {
            if (length < 6 || length < 6 + packet[5])
                return null;
            id = packet + 6;
            if (packet[5] != Length)
                return packet[5] <= ngtcp2_cid.MaxLength ? _clients.GetValueOrDefault(ClientId.From(id, packet[5])) : null;
        }
        var key = *(ulong*)id;
        if (_last is not null && key == _lastKey)
            return _last;
        if (!_ours.TryGetValue(key, out var connection))
            return null;
        _lastKey = key;
        _last = connection;
        return connection;
    }

    private static ulong Key(in ngtcp2_cid id)
    {
        fixed (byte* data = id.data)
            return *(ulong*)data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ClientId(ulong First, ulong Second, uint Third, byte Length)
    {
        public static ClientId From(in ngtcp2_cid id)
        {
            fixed (byte* data = id.data)
                return From(data, (int)id.datalen);
        }

        public static ClientId From(byte* data, int length)
        {
            var padded = stackalloc byte[24];
            new Span<byte>(padded, 24).Clear();
            Buffer.MemoryCopy(data, padded, 24, length);
            return new ClientId(*(ulong*)padded, *(ulong*)(padded + 8), *(uint*)(padded + 16), (byte)length);
        }
    }
}
