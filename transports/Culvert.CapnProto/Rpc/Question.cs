using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>Reads the results of a call.</summary>
/// <typeparam name="TResult">What the caller wants.</typeparam>
/// <param name="content">The results, possibly null; borrowed until the function returns.</param>
/// <returns>A value that borrows nothing.</returns>
public delegate TResult ReadResults<out TResult>(PointerReader content);

/// <summary>Writes the parameters of a call.</summary>
/// <typeparam name="TState">What the caller gives.</typeparam>
/// <param name="content">Where the parameters go; borrowed until the function returns.</param>
/// <param name="state">What the caller gave.</param>
public delegate void WriteParams<in TState>(PointerBuilder content, TState state);

/// <summary>A call or Bootstrap of this vat that waits for its Return.</summary>
internal abstract class Question
{
    public uint Id { get; set; }

    /// <summary>
    /// Whether Finish was sent before the Return came; the id then stays reserved, and the Return is swallowed.
    /// </summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Takes the results. Called outside the connection's lock.</summary>
    public abstract void Complete(PointerReader content);

    /// <summary>Takes a failure. Called outside the connection's lock.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>A call that somebody awaits.</summary>
internal sealed class Question<TResult>(RpcConnection connection, ReadResults<TResult> read) : Question
{
    private readonly TaskCompletionSource<TResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Answer => _answer.Task;

    public void Cancel(CancellationToken cancellationToken)
    {
        connection.Abandon(this);
        _answer.TrySetCanceled(cancellationToken);
    }

    public override void Complete(PointerReader content)
    {
        try
        {
            _answer.TrySetResult(read(content));
        }
        catch (Exception e)
        {
            // Results that cannot be read fail their call, not the connection.
            _answer.TrySetException(e);
        }
    }

    public override void Fail(Exception failure) => _answer.TrySetException(failure);
}
