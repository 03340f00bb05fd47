using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using Culvert.Transports.Registration;

namespace Culvert.Connector.Tests.Fixtures;

/// <summary>The edge's end of a control stream in memory: answers as the test says and writes down what it was asked.</summary>
internal sealed class FakeEdge : IRegistrationService, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _stop = new();

    public FakeEdge()
    {
        var (up, down) = (new Pipe(), new Pipe());
        Stream = new End(down.Reader, up.Writer);
        Conversation = RegistrationServer.ServeAsync(new End(up.Reader, down.Writer), this, _stop.Token);
    }

    /// <summary>The connector's end.</summary>
    public IDuplexPipe Stream { get; }

    /// <summary>Ends when the connector said goodbye.</summary>
    public Task Conversation { get; }

    public Func<Task<RegistrationResult>> Register { get; set; } =
        () => Task.FromResult<RegistrationResult>(new ConnectionDetails(Guid.NewGuid(), "LCL", TunnelIsRemotelyManaged: false));

    public Func<Task> Unregister { get; set; } = () => Task.CompletedTask;

    public Func<Task> Configure { get; set; } = () => Task.CompletedTask;

    public RegistrationRequest? Request { get; private set; }

    /// <summary>The next call, as <c>register</c>, <c>unregister</c> or the configuration's JSON.</summary>
    public Task<string> NextCallAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    public async ValueTask<RegistrationResult> RegisterConnectionAsync(
        RegistrationRequest request, CancellationToken cancellationToken)
    {
        Request = request;
        _calls.Writer.TryWrite("register");
        return await Register();
    }

    public async ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken)
    {
        _calls.Writer.TryWrite("unregister");
        await Unregister();
    }

    public async ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        _calls.Writer.TryWrite(Encoding.UTF8.GetString(json.Span));
        await Configure();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
