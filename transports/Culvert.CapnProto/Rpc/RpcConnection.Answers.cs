using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <content>The side that is called: what arrives.</content>
public sealed partial class RpcConnection
{
    private const string TargetNotFound = "rpc: target not found";
    private const string QuestionReused = "rpc: question ID reused";
    private const string QueuedCallCanceled = "rpc: queued call canceled";

    private readonly ICapability? _bootstrap;
    private readonly ExportTable _exports;
    private readonly Dictionary<uint, Answer> _answers = [];
    private long _answerBytes;

    private void OnBootstrap(Bootstrap bootstrap)
    {
        var id = bootstrap.QuestionId;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            if (_answers.ContainsKey(id))
            {
                Refuse(id, RpcExceptionType.Failed, QuestionReused, []);
                return;
            }

            if (_answers.Count >= _options.Answers)
            {
                Refuse(id, RpcExceptionType.Overloaded, "rpc: too many calls at once", []);
                return;
            }

            var answer = new Answer(id) { IsReturned = true, Content = _bootstrap };
            _answers.Add(id, answer);
            if (_bootstrap is null)
            {
                answer.Failure = "rpc: no bootstrap interface";
                Refuse(id, RpcExceptionType.Failed, answer.Failure, []);
                return;
            }

            try
            {
                answer.Exports = [_exports.Add(_bootstrap)];
                Send(OutgoingMessages.BootstrapResult(id, answer.Exports[0]));
            }
            catch (RpcException e)
            {
                answer.Failure = e.Message;
                Refuse(id, e.Type, e.Message, []);
            }
        }
    }

    /// <summary>Takes a call; true when the reader is kept for it.</summary>
    private bool OnCall(MessageReader received, Call call)
    {
        Answer answer;
        Resolution target;
        lock (_gate)
        {
            if (_isEnded)
            {
                return false;
            }

            if (_answers.ContainsKey(call.QuestionId))
            {
                throw new RpcException(QuestionReused);
            }

            if (call.Target.Kind > TargetKind.PromisedAnswer)
            {
                Send(OutgoingMessages.Unimplemented(received));
                return false;
            }

            var paramCaps = ReadCapTable(call.Params.CapTable).Ids;
            if (_answers.Count >= _options.Answers || _answerBytes + received.ByteCount > _options.AnswerBytes)
            {
                Refuse(call.QuestionId, RpcExceptionType.Overloaded, "rpc: too many calls at once", paramCaps);
                return false;
            }

            target = Resolve(call.Target);
            answer = new Answer(call.QuestionId) { Call = received, HeldBytes = received.ByteCount, ParamCaps = paramCaps };
            _answers.Add(answer.Id, answer);
            _answerBytes += answer.HeldBytes;
            if (target.Pending is { } pending)
            {
                (pending.Waiting ??= []).Add(answer);
                return true;
            }
        }

        Run(answer, target);
        return true;
    }

    private void OnFinish(Finish finish)
    {
        lock (_gate)
        {
            if (_isEnded || !_answers.TryGetValue(finish.QuestionId, out var answer) || answer.IsFinished)
            {
                return;
            }

            answer.IsFinished = true;
            answer.ReleaseResultCaps = finish.ReleaseResultCaps;
            if (answer.IsReturned)
            {
                Forget(answer);
            }
            else
            {
                // Still running, or waiting for another answer; either way its Return follows.
                _ = answer.Cancellation.CancelAsync();
            }
        }
    }

    private void OnRelease(Release release)
    {
        lock (_gate)
        {
            _exports.Release(release.Id, release.ReferenceCount);
        }
    }

    /// <summary>Finds what a call is addressed to.</summary>
    private Resolution Resolve(MessageTarget target)
    {
        if (target.Kind == TargetKind.ImportedCap)
        {
            return new Resolution(_exports.Find(target.ImportedCap), null, TargetNotFound);
        }

        var promised = target.PromisedAnswer;
        if (!_answers.TryGetValue(promised.QuestionId, out var answer) || answer.IsFinished)
        {
            return new Resolution(null, null, TargetNotFound);
        }

        if (answer.IsReturned)
        {
            return Resolve(answer, promised.Transform);
        }

        return answer.Waiting is null || answer.Waiting.Count < _options.QueuedCalls
            ? new Resolution(null, answer, TargetNotFound)
            : new Resolution(null, null, "rpc: pipeline queue full");
    }

    /// <summary>Finds a capability in an answer that is there.</summary>
    private static Resolution Resolve(Answer answer, ListReader transform)
    {
        if (answer.Failure is { } failure)
        {
            return new Resolution(null, null, failure);
        }

        var content = answer.Results is { } results
            ? new Return(new Message(results.Root.AsStruct()).Body).Results.Content
            : default;
        var steps = 0;
        for (var i = 0; i < transform.Count; i++)
        {
            var op = new PromisedAnswer.Op(transform.GetStruct(i));
            if (op.Kind == PromisedAnswer.Op.GetPointerField)
            {
                content = content.AsStruct().GetPointer(op.PointerField);
                steps++;
            }
            else if (op.Kind != PromisedAnswer.Op.Noop)
            {
                return new Resolution(null, null, TargetNotFound);
            }
        }

        if (answer.Content is { } main)
        {
            return new Resolution(steps == 0 ? main : null, null, TargetNotFound);
        }

        var index = content.AsCapability();
        return new Resolution(index < answer.Capabilities.Count ? answer.Capabilities[(int)index] : null, null, TargetNotFound);
    }

    /// <summary>Answers a call that got no entry in the table, or one that has its exception already.</summary>
    private void Refuse(uint id, RpcExceptionType type, string reason, uint[] paramCaps)
    {
        Send(OutgoingMessages.ExceptionResult(id, type, reason));
        foreach (var cap in paramCaps)
        {
            Send(OutgoingMessages.Release(cap, 1));
        }
    }

    /// <summary>Removes an answer that was returned and finished.</summary>
    private void Forget(Answer answer)
    {
        _answers.Remove(answer.Id);
        if (answer.ReleaseResultCaps)
        {
            foreach (var export in answer.Exports)
            {
                _exports.Release(export, 1);
            }
        }

        answer.Dispose();
    }

    /// <summary>
    /// Empties the table when the connection ends; the answer is what is running. Buffers of running calls are still in use, the
    /// others go back to the pool.
    /// </summary>
    private Answer[] TakeAnswers()
    {
        Answer[] all = [.. _answers.Values];
        _answers.Clear();
        foreach (var answer in all)
        {
            if (!answer.IsRunning)
            {
                answer.Dispose();
            }
        }

        return Array.FindAll(all, answer => answer.IsRunning);
    }

    /// <summary>Where a call goes: a capability, an answer to wait for, or nowhere.</summary>
    private readonly record struct Resolution(ICapability? Capability, Answer? Pending, string Failure);
}
