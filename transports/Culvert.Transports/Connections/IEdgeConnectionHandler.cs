using System.IO.Pipelines;
using Culvert.Transports.Configuration;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Connections;

/// <summary>
/// What a connector does with the streams of one <see cref="EdgeConnection"/>. Methods are called concurrently.
/// </summary>
public interface IEdgeConnectionHandler : IConfigurationService
{
    /// <summary>The requests that may be under way in this process.</summary>
    StreamSlots Slots { get; }

    /// <summary>Answers session calls of the edge; null when there are no sessions.</summary>
    ISessionService? Sessions => null;

    /// <summary>Runs registration on the control stream. The transport ends the stream when the task ends.</summary>
    /// <param name="stream">The conversation; borrowed until the task ends.</param>
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken);

    /// <summary>
    /// Answers one request. The transport ends the stream when the task ends and aborts it when the task fails. It is called on
    /// the thread that brought the stream, which serves other streams too: it must not block.
    /// </summary>
    ValueTask ServeRequestAsync(EdgeStream stream);
}
