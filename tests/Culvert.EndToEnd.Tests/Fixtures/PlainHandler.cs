using System.IO.Pipelines;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>A connector that never registers and does with requests what the test says.</summary>
internal sealed class PlainHandler(StreamSlots slots, Func<EdgeStream, ValueTask> serve) : IEdgeConnectionHandler
{
    public StreamSlots Slots => slots;

    public async Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public ValueTask ServeRequestAsync(EdgeStream stream) => serve(stream);

    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(ConfigurationUpdate update, CancellationToken ct) =>
        throw new NotSupportedException("It never registered.");
}
