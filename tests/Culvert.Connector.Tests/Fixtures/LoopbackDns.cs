using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Culvert.Connector.Tests.Fixtures;

/// <summary>A DNS server on loopback that answers every question with the TXT records it has, or not at all.</summary>
internal sealed class LoopbackDns : IDisposable
{
    private const int HeaderLength = 12;
    private const int Txt = 16;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Task _serving;
    private int _asked;

    public LoopbackDns(params string[]? records)
    {
        Records = records;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The records; null for silence.</summary>
    public string[]? Records { get; set; }

    /// <summary>Questions so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public void Dispose()
    {
        _socket.Dispose();
        _serving.Wait(TimeSpan.FromSeconds(20));
    }

    private async Task ServeAsync()
    {
        var question = new byte[512];
        try
        {
            while (true)
            {
                var from = await _socket.ReceiveFromAsync(question, new IPEndPoint(IPAddress.Any, 0));
                Interlocked.Increment(ref _asked);
                if (Records is { } records)
                {
                    await _socket.SendToAsync(Answer(question.AsSpan(0, from.ReceivedBytes), records), from.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static byte[] Answer(ReadOnlySpan<byte> question, string[] records)
    {
        var end = HeaderLength;
        while (question[end] != 0)
        {
            end += question[end] + 1;
        }

        // A response with recursion; the question again, without what the client added to it.
        var answer = new List<byte>([question[0], question[1], 0x81, 0x80, 0, 1, 0, (byte)records.Length, 0, 0, 0, 0]);
        answer.AddRange(question[HeaderLength..(end + 5)]);
        foreach (var record in records)
        {
            var text = Encoding.UTF8.GetBytes(record).Chunk(200).DefaultIfEmpty([])
                .SelectMany(chunk => (byte[])[(byte)chunk.Length, .. chunk]).ToArray();
            Span<byte> head = [0xC0, HeaderLength, 0, Txt, 0, 1, 0, 0, 0, 60, 0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(head[10..], (ushort)text.Length);
            answer.AddRange(head);
            answer.AddRange(text);
        }

        return [.. answer];
    }
}
