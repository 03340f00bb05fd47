using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Connections;

// How many streams the peer may open: so many that are not accepted yet, and so many at once (RFC 9000 section 4.6).
internal sealed partial class ConnectionCore
{
    private long _remoteAccepted;
    private long _remoteEnded;
    private long _remoteAllowed;

    /// <summary>Any thread: the application has taken a stream.</summary>
    public void OnAccepted()
    {
        if (Interlocked.Increment(ref _remoteAccepted) % Settings.StreamCountBatch == 0)
            Loop.Post(this);
    }

    private void AllowStreams()
    {
        var allowed = Math.Min(Volatile.Read(ref _remoteAccepted) + Settings.MaxUnacceptedStreams,
            _remoteEnded + Settings.MaxIncomingStreams);
        var more = allowed - Math.Max(_remoteAllowed, Settings.InitialIncomingStreams);
        if (more < Settings.StreamCountBatch)
            return;
        _remoteAllowed = allowed;
        Ngtcp2.ngtcp2_conn_extend_max_streams_bidi(Handle, (nuint)more);
        MarkDirty();
    }
}
