using System.IO.Pipelines;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.Fixtures;

/// <summary>A connector that does what the test says.</summary>
internal sealed class FakeHandler : IEdgeConnectionHandler
{
    public Func<EdgeStream, Task> Request { get; set; } = _ => Task.CompletedTask;

    public Func<IDuplexPipe, CancellationToken, Task> Control { get; set; } = (_, _) => Task.CompletedTask;

    public Func<ConfigurationUpdate, ConfigurationUpdateResult> Configuration { get; set; } = u => new(u.Version, null);

    public Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken) =>
        Control(stream, cancellationToken);

    public StreamSlots Slots { get; init; } = new();

    public ValueTask ServeRequestAsync(EdgeStream stream) => new(Request(stream));

    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Configuration(update));
}
