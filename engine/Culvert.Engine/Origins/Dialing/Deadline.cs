using Culvert.Transports.Connections;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>A limit from the settings, where zero or less means that there is none.</summary>
internal static class Deadline
{
    public static LinkedDeadline Start(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        new(limit > TimeSpan.Zero ? limit : Timeout.InfiniteTimeSpan, time, cancellationToken);
}
