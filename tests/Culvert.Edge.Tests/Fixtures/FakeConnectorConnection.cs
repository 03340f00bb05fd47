using System.IO.Pipelines;
using System.Net;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tests.Fixtures;

/// <summary>A connection whose connector is the test: it has the other end of the control stream.</summary>
internal sealed class FakeConnectorConnection : ConnectorConnection
{
    private readonly CancellationTokenSource _closed = new();
    private readonly End _near;

    public FakeConnectorConnection()
    {
        var (up, down) = (new Pipe(), new Pipe());
        Control = new End(down.Reader, up.Writer);
        _near = new End(up.Reader, down.Writer);
    }

    /// <summary>The connector's end of the control stream.</summary>
    public IDuplexPipe Control { get; }

    public int Opened { get; private set; }

    /// <summary>What opening a stream does; the stream is not used by default.</summary>
    public Func<RequestHead, ConnectorStream> Open { get; set; } = _ => null!;

    public override string Protocol => "http2";

    public override IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 50000);

    public override CancellationToken Closed => _closed.Token;

    public override ValueTask<IDuplexPipe> GetControlStreamAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IDuplexPipe>(_near);

    public override ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken)
    {
        Opened++;
        return Closed.IsCancellationRequested
            ? throw new ConnectorLostException("closed") : ValueTask.FromResult(Open(request));
    }

    /// <summary>What the connector does with a configuration; it takes it by default.</summary>
    public Func<ConfigurationUpdate, CancellationToken, Task<ConfigurationUpdateResult>> Configure { get; set; } =
        (update, _) => Task.FromResult(new ConfigurationUpdateResult(update.Version, null));

    public override async ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken) => await Configure(update, cancellationToken);

    public override ValueTask DisposeAsync()
    {
        _closed.Cancel();
        return ValueTask.CompletedTask;
    }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
