using System.IO.Pipelines;
using System.Net;

namespace Culvert.Engine.Origins.Http;

/// <summary>Streams a request body from the tunnel to the origin as it comes, without collecting it.</summary>
internal sealed class RequestBodyContent(PipeReader body, long? length) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!body.TryRead(out var read))
            {
                // What was written leaves before a wait, the head too: an origin may answer it without the body.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            foreach (var segment in read.Buffer)
            {
                await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    protected override bool TryComputeLength(out long result)
    {
        result = length ?? 0;
        return length.HasValue;
    }
}
