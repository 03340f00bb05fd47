using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Status;

/// <summary>Answers everything with one status and no body (http2-and-proxy, section 7.4).</summary>
/// <param name="status">
/// 100 to 999. Below 200 the answer is 200: an interim status ends no response, and visitors of the original see a final 200 too,
/// after an interim one that carries internal headers (defect 13 of section 14.1).
/// </param>
public sealed class StatusOrigin(int status) : IOrigin
{
    private const int FirstFinal = 200;

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var head = new ResponseHead { Status = Math.Max(status, FirstFinal) };
        stream.SendHead(head);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
