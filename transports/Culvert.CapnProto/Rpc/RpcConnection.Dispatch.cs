using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <content>The side that is called: running methods and returning their results.</content>
public sealed partial class RpcConnection
{
    private int _running;

    /// <summary>Runs a call whose target is known. Called outside the lock.</summary>
    private void Run(Answer answer, Resolution target)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                answer.Dispose();
                return;
            }

            answer.IsRunning = true;
            _running++;
        }

        // Its failures have all become Returns, so nobody has to await it; the counter is what Completion waits for.
        _ = RunAsync(answer, target);
    }

    private async Task RunAsync(Answer answer, Resolution target)
    {
        var message = new MessageBuilder();
        CallContext? context = null;
        Payload.Builder payload = default;
        Exception? failure = null;
        try
        {
            if (target.Capability is null)
            {
                throw new RpcException(target.Failure);
            }

            payload = OutgoingMessages.Return(message, answer.Id, ReturnKind.Results).InitResults();
            var call = new Call(new Message(answer.Call!.Root.AsStruct()).Body);
            context = new CallContext(call.Params.Content, payload.Content);
            await target.Capability.DispatchAsync(call.InterfaceId, call.MethodId, context, answer.Cancellation.Token)
                .ConfigureAwait(false);
            if (context.Results.IsNull)
            {
                context.Results.InitStruct(default);
            }
        }
        catch (Exception e)
        {
            // Whatever a method throws is its caller's to know.
            failure = e;
        }

        Return(answer, message, payload, context, failure);
    }

    private void Return(Answer answer, MessageBuilder message, Payload.Builder payload, CallContext? context, Exception? failure)
    {
        List<(Answer Call, Resolution Target)> ready;
        lock (_gate)
        {
            answer.IsRunning = false;
            _running--;
            if (_isEnded)
            {
                message.Dispose();
                answer.Dispose();
                if (_running == 0)
                {
                    _idle.TrySetResult();
                }

                return;
            }

            failure ??= FinishResults(answer, message, payload, context!);
            if (failure is not null)
            {
                message.Dispose();
                message = FailedResult(answer, failure);
            }

            Send(message);
            foreach (var cap in answer.ParamCaps)
            {
                Send(OutgoingMessages.Release(cap, 1));
            }

            answer.IsReturned = true;
            _answerBytes -= answer.HeldBytes;
            answer.Call!.Dispose();
            answer.Call = null;
            ready = TakeWaiting(answer);
            if (answer.IsFinished)
            {
                Forget(answer);
            }
        }

        foreach (var (call, target) in ready)
        {
            Run(call, target);
        }
    }

    /// <summary>Adds the capability table; what remains is to send the message. The answer is why that is impossible.</summary>
    private Exception? FinishResults(Answer answer, MessageBuilder message, Payload.Builder payload, CallContext context)
    {
        var exports = new List<uint>(context.Capabilities.Count);
        try
        {
            foreach (var capability in context.Capabilities)
            {
                exports.Add(_exports.Add(capability));
            }

            answer.Exports = [.. exports];
            OutgoingMessages.CapTable(payload, answer.Exports);
            if (exports.Count > 0)
            {
                answer.Capabilities = context.Capabilities;
                answer.Results = Keep(message);
            }

            return null;
        }
        catch (Exception e) when (e is RpcException or CapnProtoException)
        {
            exports.ForEach(id => _exports.Release(id, 1));
            answer.Exports = [];
            return e;
        }
    }

    /// <summary>A copy of results that calls may be addressed to after they were sent.</summary>
    private static MessageReader Keep(MessageBuilder message)
    {
        var kept = new MessageReader();
        kept.Open(message.Frame.ToArray());
        return kept;
    }

    private static MessageBuilder FailedResult(Answer answer, Exception failure)
    {
        if (failure is OperationCanceledException && answer.IsFinished)
        {
            answer.Failure = QueuedCallCanceled;
            return OutgoingMessages.CanceledResult(answer.Id);
        }

        answer.Failure = failure.Message;
        return OutgoingMessages.ExceptionResult(
            answer.Id, (failure as RpcException)?.Type ?? RpcExceptionType.Failed, failure.Message);
    }

    /// <summary>Finds the targets of the calls that waited for an answer.</summary>
    private static List<(Answer Call, Resolution Target)> TakeWaiting(Answer answer)
    {
        List<(Answer Call, Resolution Target)> ready = [];
        foreach (var call in answer.Waiting ?? [])
        {
            var target = call.IsFinished || answer.IsFinished
                ? new Resolution(null, null, QueuedCallCanceled)
                : ResolveWaiting(answer, call);
            ready.Add((call, target));
        }

        answer.Waiting = null;
        return ready;
    }

    private static Resolution ResolveWaiting(Answer answer, Answer waiting)
    {
        try
        {
            var call = new Call(new Message(waiting.Call!.Root.AsStruct()).Body);
            return Resolve(answer, call.Target.PromisedAnswer.Transform);
        }
        catch (CapnProtoException e)
        {
            return new Resolution(null, null, e.Message);
        }
    }
}
