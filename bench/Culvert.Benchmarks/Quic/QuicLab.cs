using System.Diagnostics;
using System.Globalization;
using System.Net;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Endpoints;

namespace Culvert.Benchmarks.Quic;

/// <summary>The client process with its server process.</summary>
internal sealed class QuicLab : IAsyncDisposable
{
    private readonly Process _peer;
    private readonly string _folder;
    private readonly QuicClientOptions _options;

    private QuicLab(Process peer, string folder, int port, string root)
    {
        _peer = peer;
        _folder = folder;
        Remote = new IPEndPoint(IPAddress.Loopback, port);
        _options = new QuicClientOptions
        {
            ServerName = BenchCertificate.Name,
            ApplicationProtocols = ["bench"],
            TrustedRootsPem = root,
            TrustSystemRoots = false,
            Transport = BenchOptions.Transport,
        };
    }

    public IPEndPoint Remote { get; }

    public int PeerId => _peer.Id;

    public static async Task<QuicLab> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("culvert-bench").FullName;
        var (certificate, key) = BenchCertificate.Create();
        await File.WriteAllTextAsync(Path.Combine(folder, "cert.pem"), certificate);
        await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), key);
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "quic-peer", Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem") },
        };
        var peer = Process.Start(start)!;
        var port = int.Parse((await peer.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        return new QuicLab(peer, folder, port, certificate);
    }

    public ValueTask<QuicConnection> ConnectAsync() => QuicClient.ConnectAsync(Remote, _options);

    public ClientGroup Group() => new(Remote, _options, single: false);

    public static Reading ReadOwn(QuicConnection connection)
    {
        var socket = connection.Core.Loop.Socket;
        return Reading.Now(() => (socket.SendCalls, socket.PacketsSent, socket.ReceiveCalls, socket.PacketsReceived,
            socket.WakeCalls));
    }

    public async Task<(Reading Reading, long Datagrams, long Bytes)> ReadPeerAsync()
    {
        await _peer.StandardInput.WriteLineAsync("read");
        var parts = (await _peer.StandardOutput.ReadLineAsync())!.Split('|');
        return (Reading.Decode(parts[0]), long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2],
            CultureInfo.InvariantCulture));
    }

    public async Task<int> TrimPeerAsync()
    {
        await _peer.StandardInput.WriteLineAsync("trim");
        return int.Parse((await _peer.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _peer.StandardInput.Close();
        await _peer.WaitForExitAsync();
        _peer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
