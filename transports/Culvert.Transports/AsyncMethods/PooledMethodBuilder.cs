using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Culvert.Transports.AsyncMethods;

/// <summary>
/// For <c>async ValueTask</c> methods of the request path: the state of a call that waits is taken from a pool as large as the
/// number of requests that usually wait. The runtime's own pooling builder keeps one object for each core, so it allocates as
/// soon as two requests wait at the same place.
/// </summary>
/// <remarks>As with every pooled <see cref="ValueTask"/>, the result may be awaited once, and has to be.</remarks>
[SuppressMessage("Performance", "CA1822", Justification = "The compiler wants instance methods.")]
public struct PooledMethodBuilder
{
    private PooledState<VoidResult>? _state;

    /// <summary>What is awaited; taken by the compiler once.</summary>
    public readonly ValueTask Task => _state is null ? default : new ValueTask(_state, _state.Version);

    /// <summary>Creates a builder for a call.</summary>
    public static PooledMethodBuilder Create() => default;

    /// <summary>Runs the method until it waits for the first time.</summary>
    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => default(AsyncValueTaskMethodBuilder).Start(ref stateMachine);

    /// <summary>Not used by compilers of today.</summary>
    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // The state moves into its pooled object by itself.
    }

    /// <summary>The method has returned.</summary>
    public readonly void SetResult() => _state?.SetResult(default);

    /// <summary>The method has thrown.</summary>
    public void SetException(Exception exception) => PooledState<VoidResult>.Fail(ref _state, exception);

    /// <summary>The method waits.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(PooledState<VoidResult>.Move(ref stateMachine, ref _state));

    /// <summary>The method waits.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(PooledState<VoidResult>.Move(ref stateMachine, ref _state));

    internal readonly struct VoidResult;
}
