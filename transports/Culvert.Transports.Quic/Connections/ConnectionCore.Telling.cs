namespace Culvert.Transports.Quic.Connections;

// What the loop tells the application of a connection, once per batch and never from inside a callback of ngtcp2.
internal sealed partial class ConnectionCore
{
    private bool _touched;
    private bool _hasNewDatagrams;

    /// <summary>Hands over datagrams and new streams, then the end.</summary>
    public void AfterBatch()
    {
        _touched = false;
        while (_arrived.TryDequeue(out var stream))
            _accepted.Writer.TryWrite(stream.Stream);
        if (_hasNewDatagrams || IsClosed)
        {
            _hasNewDatagrams = false;
            if (_receiver is { } receiver)
                receiver.EndBatch();
            else
                Inbox.Signal(IsClosed, Settings.InlineContinuations && Loop.IsTelling);
        }
        if (!IsClosed)
            return;
        EndReceiver();
        EndAccepting();
    }

    // Streams that nobody has accepted are nobody's to dispose, and they hold what the peer has sent.
    private void EndAccepting()
    {
        _accepted.Writer.TryComplete(Ended());
        while (_accepted.Reader.TryRead(out var stream))
            stream.Dispose();
    }

    private void Touch()
    {
        if (_touched)
            return;
        _touched = true;
        Loop.Touch(this);
    }
}
