using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Culvert.Transports.AsyncMethods;

/// <summary>The same as <see cref="PooledMethodBuilder"/> for methods with a result.</summary>
[SuppressMessage("Performance", "CA1822", Justification = "The compiler wants instance methods.")]
[SuppressMessage("Design", "CA1000", Justification = "The compiler calls it.")]
public struct PooledMethodBuilder<TResult>
{
    private PooledState<TResult>? _state;
    private TResult _result;

    /// <summary>What is awaited; taken by the compiler once.</summary>
    public readonly ValueTask<TResult> Task => _state is null ? new(_result) : new(_state, _state.Version);

    /// <summary>Creates a builder for a call.</summary>
    public static PooledMethodBuilder<TResult> Create() => default;

    /// <summary>Runs the method until it waits for the first time.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => default(AsyncValueTaskMethodBuilder).Start(ref stateMachine);

    /// <summary>Not used by compilers of today.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // The state moves into its pooled object by itself.
    }

    /// <summary>The method has returned.</summary>
    public void SetResult(TResult result)
    {
        if (_state is null)
        {
            _result = result;
        }
        else
        {
            _state.SetResult(result);
        }
    }

    /// <summary>The method has thrown.</summary>
    public void SetException(Exception exception) => PooledState<TResult>.Fail(ref _state, exception);

    /// <summary>The method waits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(PooledState<TResult>.Move(ref stateMachine, ref _state));

    /// <summary>The method waits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(PooledState<TResult>.Move(ref stateMachine, ref _state));
}
