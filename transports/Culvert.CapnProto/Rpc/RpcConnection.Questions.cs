using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <content>The side that calls.</content>
public sealed partial class RpcConnection
{
    private readonly QuestionTable _questions;

    // How often each capability of the other vat was received and not yet released. Only bootstraps are kept here.
    private readonly Dictionary<uint, uint> _imports = [];

    /// <summary>Asks for the other vat's main capability. The result can be called at once.</summary>
    /// <returns>The capability; if the other vat has none or the connection has ended, its calls fail.</returns>
    /// <exception cref="RpcException">There are too many open calls.</exception>
    public RemoteCapability Bootstrap()
    {
        var capability = new RemoteCapability(this);
        var question = new BootstrapQuestion(capability);
        lock (_gate)
        {
            if (_isEnded)
            {
                // Whoever starts a conversation with a peer that is already gone learns it from the first call.
                return capability;
            }

            _questions.Add(question);
            capability.Question = question.Id;
            Send(OutgoingMessages.Bootstrap(question.Id));
        }

        return capability;
    }

    /// <summary>Sends a call.</summary>
    internal void Ask<TState>(
        Question question, RemoteCapability target, ulong interfaceId, ushort methodId, TState state, WriteParams<TState> write)
    {
        var message = new MessageBuilder();
        lock (_gate)
        {
            ThrowIfEnded();
            if (target.Failure is { } failure)
            {
                throw failure;
            }

            _questions.Add(question);
            try
            {
                var payload = OutgoingMessages.Call(
                    message, question.Id, interfaceId, methodId, target.Import, target.Question ?? 0);
                write(payload.Content, state);
                OutgoingMessages.CapTable(payload, []);
            }
            catch
            {
                message.Dispose();
                _questions.Remove(question);
                throw;
            }

            Send(message);
        }
    }

    /// <summary>Tells the other vat that nobody waits any more. The id stays reserved until the Return.</summary>
    internal void Abandon(Question question)
    {
        lock (_gate)
        {
            // The Return may have been handled meanwhile, and the id may be another question's.
            if (!_isEnded && !question.IsAbandoned && _questions.Find(question.Id) == question)
            {
                question.IsAbandoned = true;
                Send(OutgoingMessages.Finish(question.Id, releaseResultCaps: true));
            }
        }
    }

    private void OnReturn(MessageReader received, Return answer)
    {
        // Looked up once and first: what is malformed has to end the connection while the question can still be failed.
        var results = answer.Kind == ReturnKind.Results ? answer.Results : default;
        Question question;
        RpcException? failure;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            question = _questions.Find(answer.AnswerId) ?? throw new RpcException("rpc: return for an unknown question");
            if (question.IsAbandoned)
            {
                _questions.Remove(question);
                return;
            }

            failure = Settle(received, question, answer, results);
        }

        if (failure is null)
        {
            question.Complete(results.Content);
        }
        else
        {
            question.Fail(failure);
        }
    }

    /// <summary>Does what a Return asks for under the lock; the answer is why the question failed, if it did.</summary>
    private RpcException? Settle(MessageReader received, Question question, Return answer, Payload results)
    {
        RpcException? failure;
        switch (answer.Kind)
        {
            case ReturnKind.Results:
                failure = SettleResults(received, question, results);
                break;
            case ReturnKind.Exception:
                var exception = answer.Exception;
                failure = new RpcException(exception.Type, RpcText.Read(exception.Reason)) { IsRemote = true };
                Send(OutgoingMessages.Finish(question.Id, releaseResultCaps: true));
                _questions.Remove(question);
                break;
            case ReturnKind.Canceled:
                // The callee has forgotten the answer already: no Finish.
                failure = new RpcException("rpc: call was canceled") { IsRemote = true };
                _questions.Remove(question);
                break;
            default:
                failure = RefuseReturn(received, question);
                break;
        }

        if (failure is not null && question is BootstrapQuestion bootstrap)
        {
            bootstrap.Capability.Question = null;
            bootstrap.Capability.Failure = failure;
        }

        return failure;
    }

    private RpcException? SettleResults(MessageReader received, Question question, Payload results)
    {
        var (ids, isForeign) = ReadCapTable(results.CapTable);
        if (isForeign)
        {
            return RefuseReturn(received, question);
        }

        Send(OutgoingMessages.Finish(question.Id, releaseResultCaps: false));
        _questions.Remove(question);
        var kept = question is BootstrapQuestion bootstrap ? Import(bootstrap.Capability, results) : null;
        foreach (var id in ids)
        {
            if (id == kept)
            {
                kept = null;
            }
            else
            {
                Send(OutgoingMessages.Release(id, 1));
            }
        }

        return null;
    }

    /// <summary>
    /// Turns the promise of a Bootstrap into what it became; the answer is the id that now has one more reference.
    /// </summary>
    private uint? Import(RemoteCapability capability, Payload results)
    {
        capability.Question = null;
        var table = results.CapTable;
        if (results.Content.AsCapability() is { } index && index < (uint)table.Count)
        {
            var descriptor = new CapDescriptor(table.GetStruct((int)index));
            if (descriptor.Kind is CapKind.SenderHosted or CapKind.SenderPromise)
            {
                capability.Import = descriptor.Id;
                _imports[descriptor.Id] = _imports.GetValueOrDefault(descriptor.Id) + 1;
                return descriptor.Id;
            }
        }

        capability.Failure = new RpcException("rpc: bootstrap returned no capability of the other vat");
        return null;
    }

    /// <summary>
    /// Sends a Return back that level 1 does not know, and gives the question up at once: unlike with the reference, whoever
    /// waits does not have to run into a time-out.
    /// </summary>
    private RpcException RefuseReturn(MessageReader received, Question question)
    {
        Send(OutgoingMessages.Unimplemented(received));
        question.IsAbandoned = true;
        Send(OutgoingMessages.Finish(question.Id, releaseResultCaps: true));
        return new RpcException(RpcExceptionType.Unimplemented, "rpc: remote used unimplemented protocol feature");
    }

    private void ReleaseImports()
    {
        foreach (var (id, count) in _imports)
        {
            Send(OutgoingMessages.Release(id, count));
        }

        _imports.Clear();
    }

    private void ThrowIfEnded()
    {
        if (_isEnded)
        {
            throw new RpcException(RpcExceptionType.Disconnected, RpcException.ConnectionClosed, _cause);
        }
    }
}
