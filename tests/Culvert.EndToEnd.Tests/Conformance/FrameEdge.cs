using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Culvert.Connector;
using Culvert.Edge.Certificates;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>An edge that writes and reads HTTP/2 frames by hand, so that tests see what no HTTP/2 client shows.</summary>
internal sealed class FrameEdge : IRegistrationService, IAsyncDisposable
{
    private const int ControlStream = 1;
    private const uint FirstWindow = 65535;
    private const uint LargeWindow = int.MaxValue;

    private readonly SslStream _tls;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Dictionary<int, Channel<Frame>> _streams = [];
    private readonly Pipe _controlInput = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _controlOutput = new();
    private readonly TaskCompletionSource _unregistered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<RegistrationResult> _answer;
    private int _lastStream = ControlStream;

    private FrameEdge(SslStream tls, RunningConnector connector, Func<RegistrationResult> answer)
    {
        _tls = tls;
        Connector = connector;
        _answer = answer;
    }

    public RunningConnector Connector { get; }

    /// <summary>What the connector told of its rules, once for each time.</summary>
    public Channel<string> Configurations { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Ends when the connector has unregistered.</summary>
    public Task Unregistered => _unregistered.Task;

    /// <summary>Ends when the connector has ended the connection.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Starts a connector, registers it, and is ready for requests.</summary>
    public static async Task<FrameEdge> StartAsync(
        Uri origin, Func<ConnectorOptions, ConnectorOptions>? configure = null, byte[]? settings = null,
        bool isRemotelyManaged = false)
    {
        var edge = await AcceptAsync(
            origin, configure, () => new ConnectionDetails(Guid.NewGuid(), "test01", isRemotelyManaged));
        await edge.BeginAsync(settings ?? FrameCodec.Settings((1, 0), (4, LargeWindow - 65536)));
        await edge.OpenControlStreamAsync(ControlStream);
        await edge.WriteAsync(new Frame(FrameType.WindowUpdate, 0, ControlStream, [0, 1, 0, 0]));
        await edge.Connector.Connector.Connected.InTime();
        return edge;
    }

    /// <summary>Starts a connector and accepts its connection; nothing was sent yet.</summary>
    public static async Task<FrameEdge> AcceptAsync(
        Uri origin, Func<ConnectorOptions, ConnectorOptions>? configure = null, Func<RegistrationResult>? answer = null)
    {
        var certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new ConnectorOptions
        {
            Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
            EdgeAddresses = [(IPEndPoint)listener.LocalEndpoint],
            Trust = EdgeTrust.Only(certificates.Authority),
            Ingress = IngressSnapshot.CatchAll(new OriginService.Http(origin)),
            GracePeriod = TimeSpan.FromSeconds(5),
        };
        var connector = RunningConnector.Start("http2", configure?.Invoke(options) ?? options);
        var socket = await listener.AcceptSocketAsync().InTime();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = certificates.Server }).InTime();
        connector.Log.Add($"TLS name {tls.TargetHostName} ALPN '{tls.NegotiatedApplicationProtocol}' {tls.SslProtocol}");
        return new FrameEdge(
            tls, connector, answer ?? (() => new ConnectionDetails(Guid.NewGuid(), "test01", TunnelIsRemotelyManaged: false)));
    }

    /// <summary>Sends the preface and settings, and starts to read.</summary>
    public async Task BeginAsync(byte[] settings)
    {
        await _tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await WriteAsync(new Frame(FrameType.Settings, 0, 0, settings));
        var grow = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(grow, LargeWindow - FirstWindow);
        await WriteAsync(new Frame(FrameType.WindowUpdate, 0, 0, grow));
        Ended = ReadAllAsync();
    }

    /// <summary>Reads one frame of a connection that was not begun.</summary>
    public Task<Frame> ReadFirstAsync() => FrameCodec.ReadAsync(_tls).InTime();

    /// <summary>Opens a control stream and serves its registration.</summary>
    public async Task OpenControlStreamAsync(int stream)
    {
        _lastStream = Math.Max(_lastStream, stream);
        await WriteAsync(FrameCodec.Headers(
            stream, endStream: false, (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "edge"),
            ("cf-cloudflared-proxy-connection-upgrade", "control-stream")));
        _ = RegistrationServer.ServeAsync(new ControlPipe(_controlInput.Reader, _controlOutput.Writer), this, default);
        _ = CopyControlAsync(stream);
    }

    /// <summary>Opens a stream with the usual pseudo-headers and these fields, and returns its number.</summary>
    public async Task<int> OpenAsync(bool end, string line, params (string Name, string Value)[] fields)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var stream = _lastStream += 2;
        await WriteAsync(FrameCodec.Headers(
            stream, end,
            [(":method", line[..space]), (":scheme", "http"), (":path", line[(space + 1)..]), (":authority", "demo.example"),
                .. fields]));
        return stream;
    }

    /// <summary>Sends a request without a body and reads the whole answer.</summary>
    public async Task<FrameAnswer> AskAsync(string line = "GET /", params (string Name, string Value)[] fields) =>
        await AnswerAsync(await OpenAsync(end: true, line, fields));

    /// <summary>Reads an answer up to its END_STREAM or RST_STREAM.</summary>
    public async Task<FrameAnswer> AnswerAsync(int stream)
    {
        var answer = new FrameAnswer();
        while (!answer.Add(await ReadAsync(stream)))
        {
            // More to come.
        }

        return answer;
    }

    /// <summary>The next frame of a stream; of stream 0 for the connection.</summary>
    public Task<Frame> ReadAsync(int stream) => Of(stream).Reader.ReadAsync().InTime();

    public async Task WriteAsync(Frame frame)
    {
        await _writing.WaitAsync();
        try
        {
            await FrameCodec.WriteAsync(_tls, frame);
        }
        finally
        {
            _writing.Release();
        }
    }

    public Task WriteRawAsync(ReadOnlyMemory<byte> bytes) => _tls.WriteAsync(bytes).AsTask();

    /// <summary>Ends the TCP connection.</summary>
    public ValueTask CloseAsync() => _tls.DisposeAsync();

    public ValueTask<RegistrationResult> RegisterConnectionAsync(
        RegistrationRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_answer());

    public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken)
    {
        _unregistered.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        Configurations.Writer.TryWrite(Encoding.UTF8.GetString(json.Span));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        Connector.Stop();
        await _tls.DisposeAsync();
        await Connector.DisposeAsync();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writing.Dispose();
    }

    private Channel<Frame> Of(int stream)
    {
        lock (_streams)
        {
            if (!_streams.TryGetValue(stream, out var frames))
            {
                _streams.Add(stream, frames = Channel.CreateUnbounded<Frame>());
            }

            return frames;
        }
    }

    private async Task ReadAllAsync()
    {
        try
        {
            while (true)
            {
                var frame = await FrameCodec.ReadAsync(_tls);
                if (frame.Type == FrameType.Settings && frame.Flags == 0)
                {
                    await WriteAsync(new Frame(FrameType.Settings, FrameFlags.Ack, 0, []));
                }

                if (frame.Type == FrameType.Data && frame.Stream == ControlStream)
                {
                    await _controlInput.Writer.WriteAsync(frame.Payload);
                }

                Of(frame.Stream).Writer.TryWrite(frame);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The end of the connection, from whichever side.
            await _controlInput.Writer.CompleteAsync();
        }
    }

    private async Task CopyControlAsync(int stream)
    {
        while (true)
        {
            var read = await _controlOutput.Reader.ReadAsync();
            foreach (var part in read.Buffer)
            {
                await WriteAsync(new Frame(FrameType.Data, 0, stream, part.ToArray()));
            }

            _controlOutput.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private sealed record ControlPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
