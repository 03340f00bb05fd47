using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Status;

/// <summary>Answers everything with one status and no body (http2-and-proxy, section 7.4).</summary>
public sealed class StatusOrigin(int status) : IOrigin
{
    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        var head = new ResponseHead { Status = status };
        stream.SendHead(head);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
