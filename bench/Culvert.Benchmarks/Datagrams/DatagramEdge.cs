using System.Net;
using Culvert.Benchmarks.Quic;
using Culvert.Transports.Quic;
using Culvert.Transports.Registration;
using Culvert.Transports.Tls;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>The least an edge has to be for a connector to register one connection and speak datagrams of version 3.</summary>
internal sealed class DatagramEdge : IAsyncDisposable
{
    private readonly QuicListener _listener;
    private readonly string _folder;
    private readonly CancellationTokenSource _stop = new();

    private DatagramEdge(QuicListener listener, string folder)
    {
        _listener = listener;
        _folder = folder;
    }

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public string Authority => Path.Combine(_folder, "ca.pem");

    public static async Task<DatagramEdge> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("culvert-bench").FullName;
        var (certificate, key) = BenchCertificate.Create(EdgeServerNames.Quic);
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), certificate);
        var listener = await QuicListener.BindAsync(
            new QuicServerOptions
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                ApplicationProtocols = ["argotunnel"],
                CertificatePem = certificate,
                PrivateKeyPem = key,
                Transport = BenchOptions.Transport,
            },
            CancellationToken.None);
        return new DatagramEdge(listener, folder);
    }

    /// <summary>The next connector that has registered with version 3.</summary>
    public async Task<QuicConnection> AcceptAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var connection = await _listener.AcceptAsync(limit.Token);
        var service = new Service();
        _ = RegistrationServer.ServeAsync(await connection.AcceptStreamAsync(limit.Token), service, _stop.Token);
        var features = await service.Features.Task.WaitAsync(limit.Token);
        return features.Contains("support_datagram_v3_2")
            ? connection : throw new InvalidOperationException($"The connector lists {string.Join(' ', features)}.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listener.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Service : IRegistrationService
    {
        public TaskCompletionSource<IReadOnlyList<string>> Features { get; } = new();

        public ValueTask<RegistrationResult> RegisterConnectionAsync(
            RegistrationRequest request, CancellationToken cancellationToken)
        {
            Features.TrySetResult(request.Connector.Features);
            return ValueTask.FromResult<RegistrationResult>(new ConnectionDetails(Guid.NewGuid(), "bench", true));
        }

        public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;
    }
}
