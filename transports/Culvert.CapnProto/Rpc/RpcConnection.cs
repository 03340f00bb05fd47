using System.IO.Pipelines;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <summary>
/// Two-party RPC over a byte stream (rpc.capnp, levels 0 and 1 as far as the tunnel needs them). Both vats use this class;
/// each may offer a capability and call the other's. Runs from construction until <see cref="Completion"/>. Thread-safe.
/// </summary>
/// <remarks>
/// Every message is one write with one flush. All tables are bounded, see <see cref="RpcOptions"/>. What is not understood is
/// answered with Unimplemented; what breaks the protocol, or is no message at all, with Abort. An idle connection holds no
/// buffer.
/// </remarks>
public sealed partial class RpcConnection : IAsyncDisposable
{
    /// <summary>The reason of an Abort that is a normal goodbye.</summary>
    public const string Shutdown = "rpc: shutdown";

    private readonly Lock _gate = new();
    private readonly IDuplexPipe _stream;
    private readonly RpcOptions _options;
    private readonly TimeProvider _time;
    private readonly OutboundQueue _outbound;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _sendStop = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _sending;
    private readonly Task _receiving;
    private Exception? _cause;
    private bool _isEnded;

    /// <summary>Starts the conversation.</summary>
    /// <param name="stream">The stream; the connection owns both halves and completes them.</param>
    /// <param name="bootstrap">What the other vat gets for a Bootstrap; null to offer nothing.</param>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <param name="time">Measures <see cref="RpcOptions.CloseTimeout"/>; null for the system's time.</param>
    public RpcConnection(
        IDuplexPipe stream, ICapability? bootstrap = null, RpcOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _bootstrap = bootstrap;
        _options = options ?? RpcOptions.Default;
        _time = time ?? TimeProvider.System;
        _outbound = new OutboundQueue(_options.QueuedMessages);
        _questions = new QuestionTable(_options.Questions);
        _exports = new ExportTable(_options.Exports);
        _sending = SendAsync();
        _receiving = ReceiveAsync();
        Completion = CompleteAsync();
    }

    /// <summary>
    /// Ends when the conversation is over, both halves of the stream are completed and no call of the other vat is running any
    /// more. Succeeds after a goodbye of either side and after the end of the stream between two messages; fails with an
    /// <see cref="RpcException"/> after any other Abort, a broken protocol or a broken stream, and with a
    /// <see cref="CapnProtoException"/> after bytes that are no message.
    /// </summary>
    public Task Completion { get; }

    /// <summary>
    /// Says goodbye: releases what was imported, sends Abort "rpc: shutdown", completes the output, and stops reading. Open calls
    /// of this side fail with "rpc: connection closed"; calls of the other side are cancelled. Further calls have no effect.
    /// </summary>
    /// <returns>
    /// A task that ends when both halves are completed and the stream is the caller's again: nothing touches it any more. A peer
    /// that does not read holds it up for <see cref="RpcOptions.CloseTimeout"/> at most.
    /// </returns>
    public async ValueTask CloseAsync()
    {
        End(null, Shutdown);
        await _sending.ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    /// <returns>A task that ends when both halves are completed.</returns>
    public ValueTask DisposeAsync() => CloseAsync();

    private async Task ReceiveAsync()
    {
        // Construction must not run the whole conversation when bytes are already there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var message = new MessageReader(_options.Message);
        try
        {
            while (true)
            {
                await _outbound.WaitForRoomAsync(_ended.Token).ConfigureAwait(false);
                if (!await message.ReadFrameAsync(_stream.Input, _ended.Token).ConfigureAwait(false))
                {
                    End(null, abort: null);
                    break;
                }

                if (Handle(message))
                {
                    message = new MessageReader(_options.Message);
                }
                else
                {
                    message.Reset();
                }
            }
        }
        catch (Exception) when (_ended.IsCancellationRequested)
        {
            // Closing is what interrupts the read, whatever the transport makes of it.
        }
        catch (Exception e) when (e is CapnProtoException or RpcException)
        {
            End(e, e.Message);
        }
        catch (Exception e)
        {
            End(new RpcException(RpcExceptionType.Disconnected, RpcException.ConnectionClosed, e), abort: null);
        }

        message.Dispose();
        await CompleteAsync(_stream.Input).ConfigureAwait(false);
    }

    /// <summary>Acts on one message; true when the reader is kept.</summary>
    private bool Handle(MessageReader received)
    {
        var message = new Message(received.Root.AsStruct());
        switch (message.Kind)
        {
            case MessageKind.Bootstrap:
                OnBootstrap(new Bootstrap(message.Body));
                return false;
            case MessageKind.Call:
                return OnCall(received, new Call(message.Body));
            case MessageKind.Return:
                OnReturn(received, new Return(message.Body));
                return false;
            case MessageKind.Finish:
                OnFinish(new Finish(message.Body));
                return false;
            case MessageKind.Release:
                OnRelease(new Release(message.Body));
                return false;
            case MessageKind.Abort:
                OnAbort(new ExceptionInfo(message.Body));
                return false;
            case MessageKind.Unimplemented:
                return false;
            case MessageKind.Disembargo:
                // Only a vat that was given one of its own capabilities has a reason to send it, and this library gives none.
                throw new RpcException("rpc: disembargo for an unknown target");
            default:
                Send(OutgoingMessages.Unimplemented(received));
                return false;
        }
    }

    private void OnAbort(ExceptionInfo exception)
    {
        var reason = RpcText.Read(exception.Reason);
        End(reason == Shutdown ? null : new RpcException(exception.Type, reason) { IsRemote = true }, abort: null);
    }

    private void Send(MessageBuilder message) => _outbound.Add(message);

    /// <summary>
    /// Ends the conversation, once. With a text for an Abort, what is queued is still written; without, the peer is known not to
    /// want anything more.
    /// </summary>
    private void End(Exception? cause, string? abort)
    {
        Question[] questions;
        Answer[] answers;
        bool idle;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            if (abort == Shutdown)
            {
                ReleaseImports();
            }

            if (abort is not null)
            {
                Send(OutgoingMessages.Abort(abort));
            }

            _isEnded = true;
            _cause = cause;
            questions = _questions.All();
            answers = TakeAnswers();
            idle = _running == 0;
        }

        _outbound.Complete(drain: abort is not null);
        _ = _ended.CancelAsync();
        foreach (var question in questions)
        {
            question.Fail(new RpcException(RpcExceptionType.Disconnected, RpcException.ConnectionClosed, cause));
        }

        foreach (var answer in answers)
        {
            _ = answer.Cancellation.CancelAsync();
        }

        if (idle)
        {
            _idle.TrySetResult();
        }
    }

    private async Task SendAsync()
    {
        var failure = await _outbound.WriteToAsync(_stream.Output, _sendStop.Token).ConfigureAwait(false);
        End(
            failure is null ? null : new RpcException(RpcExceptionType.Disconnected, RpcException.ConnectionClosed, failure),
            abort: null);
    }

    private async Task CompleteAsync()
    {
        await _receiving.ConfigureAwait(false);
        await using (_time.CreateTimer(
            static stop => ((CancellationTokenSource)stop!).Cancel(), _sendStop, _options.CloseTimeout, Timeout.InfiniteTimeSpan)
            .ConfigureAwait(false))
        {
            await _sending.ConfigureAwait(false);
        }

        await _idle.Task.ConfigureAwait(false);
        _outbound.Dispose();
        if (_cause is not null)
        {
            throw _cause;
        }
    }

    private static async ValueTask CompleteAsync(PipeReader input)
    {
        try
        {
            await input.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Ending a stream that the transport has already lost.
        }
    }
}
