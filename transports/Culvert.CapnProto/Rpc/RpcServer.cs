using System.IO.Pipelines;

namespace Culvert.CapnProto.Rpc;

/// <summary>Serves one capability for the length of one conversation.</summary>
public static class RpcServer
{
    /// <summary>
    /// Offers a capability on a stream until the other vat says goodbye or ends the stream, the lifetime is over, or the token is
    /// cancelled. In the last two cases it says goodbye itself.
    /// </summary>
    /// <param name="stream">The stream; both halves are completed.</param>
    /// <param name="bootstrap">The capability.</param>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <param name="lifetime">How long the conversation may last; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="time">Measures the lifetime; null for the system's time.</param>
    /// <param name="cancellationToken">Ends the conversation.</param>
    /// <returns>A task that ends when no call is running any more.</returns>
    /// <exception cref="RpcException">The other vat broke the protocol or aborted, or the stream broke.</exception>
    /// <exception cref="Messages.CapnProtoException">Bytes arrived that are no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task ServeAsync(
        IDuplexPipe stream,
        ICapability bootstrap,
        RpcOptions? options,
        TimeSpan lifetime,
        TimeProvider? time,
        CancellationToken cancellationToken)
    {
        time ??= TimeProvider.System;
        var connection = new RpcConnection(stream, bootstrap, options, time);
        await using var timer = time.CreateTimer(Close, connection, lifetime, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        using var registration = cancellationToken.UnsafeRegister(Close, connection);
        await connection.Completion.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    // Closing starts at once and cannot fail; its end is part of Completion.
    private static void Close(object? connection) => _ = ((RpcConnection)connection!).CloseAsync().AsTask();
}
