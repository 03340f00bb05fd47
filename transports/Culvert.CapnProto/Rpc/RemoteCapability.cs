namespace Culvert.CapnProto.Rpc;

/// <summary>
/// The main capability of the other vat. Can be called at once: until the Bootstrap is answered, calls go to its promised
/// answer. Thread-safe.
/// </summary>
public sealed class RemoteCapability
{
    private readonly RpcConnection _connection;

    internal RemoteCapability(RpcConnection connection) => _connection = connection;

    // All three are guarded by the connection's lock; at most one is set.
    internal uint? Question { get; set; }

    internal uint? Import { get; set; }

    internal Exception? Failure { get; set; }

    /// <summary>Calls a method.</summary>
    /// <typeparam name="TState">What <paramref name="write"/> needs.</typeparam>
    /// <typeparam name="TResult">What <paramref name="read"/> gives.</typeparam>
    /// <param name="interfaceId">The interface that declares the method.</param>
    /// <param name="methodId">The method's ordinal.</param>
    /// <param name="state">Given to <paramref name="write"/>.</param>
    /// <param name="write">Writes the parameters. Runs before this method returns, under the connection's lock.</param>
    /// <param name="read">Reads the results, on the connection's receive loop.</param>
    /// <param name="cancellationToken">Gives the call up: the other vat is told at once, and its answer is ignored.</param>
    /// <returns>What <paramref name="read"/> gave.</returns>
    /// <exception cref="RpcException">The call was answered with an exception, or the connection ended.</exception>
    /// <exception cref="Messages.CapnProtoException">
    /// The parameters exceed the message limit, or the results are malformed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<TResult> CallAsync<TState, TResult>(
        ulong interfaceId,
        ushort methodId,
        TState state,
        WriteParams<TState> write,
        ReadResults<TResult> read,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var question = new Question<TResult>(_connection, read);
        _connection.Ask(question, this, interfaceId, methodId, state, write);
        using (cancellationToken.UnsafeRegister(static (q, token) => ((Question<TResult>)q!).Cancel(token), question))
        {
            return await question.Answer.ConfigureAwait(false);
        }
    }
}
