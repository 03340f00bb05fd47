using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc.Schema;

namespace Culvert.CapnProto.Rpc;

/// <summary>
/// Makes whole messages, in the order of allocation that the reference uses, so that the bytes are the same. The queue that they
/// go to disposes them.
/// </summary>
internal static class OutgoingMessages
{
    public static MessageBuilder Bootstrap(uint question)
    {
        var message = new MessageBuilder();
        _ = new Bootstrap.Builder(Message.Init(message, MessageKind.Bootstrap, Schema.Bootstrap.Size)) { QuestionId = question };
        return message;
    }

    /// <summary>Everything of a call up to its parameters' content.</summary>
    public static Payload.Builder Call(
        MessageBuilder message, uint question, ulong interfaceId, ushort methodId, uint? importedCap, uint promisedAnswer)
    {
        var call = new Call.Builder(Message.Init(message, MessageKind.Call, Schema.Call.Size))
        {
            QuestionId = question,
            InterfaceId = interfaceId,
            MethodId = methodId,
        };
        var target = call.InitTarget();
        if (importedCap is { } id)
        {
            target.ImportedCap = id;
        }
        else
        {
            var promised = target.InitPromisedAnswer();
            promised.QuestionId = promisedAnswer;
            promised.InitTransform(0);
        }

        return call.InitParams();
    }

    public static Return.Builder Return(MessageBuilder message, uint answer, ReturnKind kind) =>
        new(Message.Init(message, MessageKind.Return, Schema.Return.Size))
        {
            AnswerId = answer,
            ReleaseParamCaps = false,
            Kind = kind,
        };

    /// <summary>The list behind the content of a payload; every capability is one of the sender's.</summary>
    public static void CapTable(Payload.Builder payload, ReadOnlySpan<uint> exports)
    {
        var table = payload.InitCapTable(exports.Length);
        for (var i = 0; i < exports.Length; i++)
        {
            _ = new CapDescriptor.Builder(table.GetStruct(i)) { Kind = CapKind.SenderHosted, Id = exports[i] };
        }
    }

    public static MessageBuilder BootstrapResult(uint answer, uint export)
    {
        var message = new MessageBuilder();
        var payload = Return(message, answer, ReturnKind.Results).InitResults();
        payload.Content.SetCapability(0);
        CapTable(payload, [export]);
        return message;
    }

    public static MessageBuilder ExceptionResult(uint answer, RpcExceptionType type, string reason)
    {
        var message = new MessageBuilder();
        var exception = Return(message, answer, ReturnKind.Exception).InitException();
        exception.Type = type;
        exception.SetReason(RpcText.Shorten(reason));
        return message;
    }

    public static MessageBuilder CanceledResult(uint answer)
    {
        var message = new MessageBuilder();
        Return(message, answer, ReturnKind.Canceled);
        return message;
    }

    public static MessageBuilder Finish(uint question, bool releaseResultCaps)
    {
        var message = new MessageBuilder();
        _ = new Finish.Builder(Message.Init(message, MessageKind.Finish, Schema.Finish.Size))
        {
            QuestionId = question,
            ReleaseResultCaps = releaseResultCaps,
        };
        return message;
    }

    public static MessageBuilder Release(uint id, uint count)
    {
        var message = new MessageBuilder();
        _ = new Release.Builder(Message.Init(message, MessageKind.Release, Schema.Release.Size))
        {
            Id = id,
            ReferenceCount = count,
        };
        return message;
    }

    public static MessageBuilder Abort(string reason)
    {
        var message = new MessageBuilder();
        new ExceptionInfo.Builder(Message.Init(message, MessageKind.Abort, ExceptionInfo.Size))
            .SetReason(RpcText.Shorten(reason));
        return message;
    }

    /// <summary>Sends a message back as one that is not understood.</summary>
    public static MessageBuilder Unimplemented(MessageReader received)
    {
        // Shared pointers would let a small message ask for a huge echo: what does not fit its own size is not copied.
        var room = Math.Min(received.ByteCount + 64, MessageLimits.LargestMessage);
        var message = new MessageBuilder(room);
        try
        {
            received.Root.CopyTo(Message.Init(message, MessageKind.Unimplemented));
        }
        catch (CapnProtoException)
        {
            message.Reset();
            Message.Init(message, MessageKind.Unimplemented);
        }

        return message;
    }
}
