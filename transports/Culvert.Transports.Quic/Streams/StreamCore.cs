using System.Threading.Tasks.Sources;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Loop;

namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// What stands behind a <see cref="QuicStream"/>: its pipes, and the requests its application makes of the loop.
/// </summary>
internal sealed partial class StreamCore : WorkItem, IValueTaskSource<QuicStream>
{
    private const ulong None = ulong.MaxValue;
    private const int Returned = -1;

    private ManualResetValueTaskSourceCore<QuicStream> _opening;
    private CancellationTokenSource? _writesStopped;
    private ulong _abortRead = None;
    private ulong _abortWrite = None;
    private ulong _stopCode = None;
    private long _credit;
    private int _holders;

    // Null in the pool, where it would keep a connection alive that has ended.
    private ConnectionCore? _connection;

    public StreamCore()
    {
        Input = new InputPipe(this);
        Output = new OutputPipe(this);
        Stream = new QuicStream(this);
    }

    public QuicStream Stream { get; }

    public InputPipe Input { get; }

    public OutputPipe Output { get; }

    public ConnectionCore Connection => _connection!;

    public long Id { get; private set; } = -1;

    public ulong? StopCode => Volatile.Read(ref _stopCode) is var code && code != None ? code : null;

    public CancellationToken WritesStopped
    {
        get
        {
            var source = Volatile.Read(ref _writesStopped);
            if (source is null)
            {
                source = new CancellationTokenSource();
                source = Interlocked.CompareExchange(ref _writesStopped, source, null) ?? source;
                // The stop may have come between the look and the exchange, when there was nothing to cancel.
                if (_stopSignalled)
                    source.Cancel();
            }
            return source.Token;
        }
    }

    /// <summary>Binds a new or pooled object to a connection.</summary>
    public void Attach(ConnectionCore connection)
    {
        _connection = connection;
        Input.Reset();
        Output.Reset(connection.SendBudget, connection.Settings);
        Id = -1;
        _abortRead = _abortWrite = _stopCode = None;
        _credit = 0;
        _holders = 2;
        ResetLoopState();
    }

    public void Post() => _connection?.Loop.Post(this);

    /// <summary>The consumer has taken bytes: the peer may send as many more. Batched, since each return costs a frame.</summary>
    public void ReturnCredit(long count)
    {
        if (_connection is not { } connection)
            return;
        connection.ReturnCredit(count);
        if (Interlocked.Add(ref _credit, count) >= connection.Settings.StreamCreditBatch)
            Post();
    }

    public void AbortRead(ulong code)
    {
        if (Interlocked.CompareExchange(ref _abortRead, code, None) == None)
            Post();
    }

    public void AbortWrite(ulong code)
    {
        RequestReset(code);
        Output.Stop();
        Post();
    }

    public void RequestReset(ulong code) => Interlocked.CompareExchange(ref _abortWrite, code, None);

    public void Dispose()
    {
        Output.Complete();
        Input.Complete();
        Release();
    }

    /// <summary>Lets the loop open this stream when it next serves it: with what was written by then, in one go.</summary>
    public QuicStream Open()
    {
        _wantsOpen = _usedBeforeOpen = true;
        Post();
        return Stream;
    }

    /// <summary>Asks the loop to open this stream.</summary>
    public ValueTask<QuicStream> OpenAsync()
    {
        _opening.Reset();
        _wantsOpen = true;
        var task = new ValueTask<QuicStream>(this, _opening.Version);
        Post();
        return task;
    }

    QuicStream IValueTaskSource<QuicStream>.GetResult(short token) => _opening.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<QuicStream>.GetStatus(short token) => _opening.GetStatus(token);

    void IValueTaskSource<QuicStream>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags) => _opening.OnCompleted(continuation, state, token, flags);

    internal override void AfterRun() => ReturnIfUnheld();

    // Two parties hold the object: the application until it disposes, the loop until ngtcp2 has closed the stream. While it is
    // queued or runs it stays, or its next life could run on two loops; then the end of that run returns it.
    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0 && !IsPosted)
            ReturnIfUnheld();
    }

    private void ReturnIfUnheld()
    {
        if (Interlocked.CompareExchange(ref _holders, Returned, 0) != 0)
            return;
        _connection = null;
        StreamPool.Return(this);
    }
}
