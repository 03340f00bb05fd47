using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.AsyncMethods;

/// <summary>What a waiting call of a pooled method is awaited by.</summary>
internal class PooledState<TResult> : IValueTaskSource, IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _source;

    public short Version => _source.Version;

    /// <summary>Moves a call that waits for the first time into a pooled object.</summary>
    /// <returns>What goes on with the call.</returns>
    public static Action Move<TStateMachine>(ref TStateMachine stateMachine, ref PooledState<TResult>? state)
        where TStateMachine : IAsyncStateMachine
    {
        if (state is PooledCall<TStateMachine, TResult> waiting)
        {
            return waiting.Suspend();
        }

        var call = PooledCall<TStateMachine, TResult>.Rent();

        // The builder, and with it this reference, is a part of the state machine: it has to be set before the copy is made.
        state = call;
        call.StateMachine = stateMachine;
        return call.Suspend();
    }

    /// <summary>Ends a call with an exception; one that has not waited yet gets an object for it.</summary>
    public static void Fail(ref PooledState<TResult>? state, Exception exception)
    {
        state ??= new PooledState<TResult>();
        state._source.SetException(exception);
    }

    public void SetResult(TResult result) => _source.SetResult(result);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => Take(token);

    TResult IValueTaskSource<TResult>.GetResult(short token) => Take(token);

    /// <summary>Makes the object ready for another call.</summary>
    protected virtual void Return()
    {
    }

    protected void Reset() => _source.Reset();

    private TResult Take(short token)
    {
        // A wrong token throws here, before anything is given back.
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("the call has not ended");
        }

        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Return();
        }
    }
}

/// <summary>
/// A waiting call of one method. Pooled for each method; what is more than the pool keeps is left to the collector.
/// </summary>
internal sealed class PooledCall<TStateMachine, TResult> : PooledState<TResult>
    where TStateMachine : IAsyncStateMachine
{
    private const int MaxKept = 1024;

    private static readonly Lock Gate = new();
    private static PooledCall<TStateMachine, TResult>? _top;
    private static int _kept;

    private readonly Action _moveNext;
    private ExecutionContext? _context;
    private PooledCall<TStateMachine, TResult>? _next;

    public TStateMachine StateMachine = default!;

    private PooledCall() => _moveNext = MoveNext;

    public static PooledCall<TStateMachine, TResult> Rent()
    {
        lock (Gate)
        {
            if (_top is { } kept)
            {
                _top = kept._next;
                kept._next = null;
                _kept--;
                return kept;
            }
        }

        return new PooledCall<TStateMachine, TResult>();
    }

    /// <summary>What goes on with the call, in the context it has now.</summary>
    public Action Suspend()
    {
        _context = ExecutionContext.Capture();
        return _moveNext;
    }

    protected override void Return()
    {
        StateMachine = default!;
        _context = null;
        Reset();
        lock (Gate)
        {
            if (_kept < MaxKept)
            {
                _kept++;
                _next = _top;
                _top = this;
            }
        }
    }

    private void MoveNext()
    {
        if (_context is { } context)
        {
            ExecutionContext.Run(
                context, static call => ((PooledCall<TStateMachine, TResult>)call!).StateMachine.MoveNext(), this);
        }
        else
        {
            StateMachine.MoveNext();
        }
    }
}
