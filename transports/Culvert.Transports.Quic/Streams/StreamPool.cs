using Culvert.Transports.Quic.Connections;

namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// Streams waiting for their next life, without the connection of the last one. Past the limit they are left to the garbage
/// collector.
/// </summary>
internal static class StreamPool
{
    private const int Limit = 1024;

    private static readonly Lock Gate = new();
    private static readonly StreamCore[] Free = new StreamCore[Limit];
    private static int _count;

    public static StreamCore Rent(ConnectionCore connection)
    {
        StreamCore? core = null;
        lock (Gate)
        {
            if (_count > 0)
            {
                core = Free[--_count];
                Free[_count] = null!;
            }
        }
        core ??= new StreamCore();
        core.Attach(connection);
        return core;
    }

    public static void Return(StreamCore core)
    {
        lock (Gate)
        {
            if (_count < Limit)
                Free[_count++] = core;
        }
    }
}
