using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>An origin of which the test sees every byte. Accepts one connection after the other on loopback.</summary>
internal sealed class RawOrigin : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawOrigin() => _listener.Start();

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    /// <summary>Whether a connection waits to be accepted.</summary>
    public bool HasWaiting => _listener.Pending();

    public async Task<Connection> AcceptAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        return new Connection(await _listener.AcceptTcpClientAsync(limit.Token));
    }

    public void Dispose() => _listener.Dispose();

    internal sealed class Connection(TcpClient client) : IDisposable
    {
        private readonly NetworkStream _stream = client.GetStream();

        /// <summary>The lines of a request head.</summary>
        public async Task<string[]> ReadHeadAsync() =>
            (await ReadUntilAsync("\r\n\r\n")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        public async Task<string> ReadUntilAsync(string end)
        {
            using var limit = new CancellationTokenSource(Limit);
            var text = new StringBuilder();
            var buffer = new byte[1];
            while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
            {
                Assert.True(await _stream.ReadAsync(buffer, limit.Token) == 1, $"ended after: {text}");
                text.Append((char)buffer[0]);
            }

            return text.ToString();
        }

        /// <summary>Reads a number of bytes; the last ones have to be these.</summary>
        public async Task<string> ReadAllUntilAsync(string end, int count)
        {
            using var limit = new CancellationTokenSource(Limit);
            var buffer = new byte[count];
            await _stream.ReadExactlyAsync(buffer, limit.Token);
            var text = Encoding.Latin1.GetString(buffer);
            Assert.EndsWith(end, text, StringComparison.Ordinal);
            return text;
        }

        /// <summary>Whether more bytes come within a moment.</summary>
        public async Task<bool> HasMoreAsync()
        {
            await Task.Delay(100);
            return _stream.DataAvailable;
        }

        /// <summary>Ends when the other side has closed the connection.</summary>
        public async Task ClosedAsync()
        {
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                Assert.Equal(0, await _stream.ReadAsync(new byte[1], limit.Token));
            }
            catch (IOException)
            {
                // A reset is a close too.
            }
        }

        public async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

        public void Dispose() => client.Dispose();
    }
}
