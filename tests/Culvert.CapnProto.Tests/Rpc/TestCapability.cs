using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;

namespace Culvert.CapnProto.Tests.Rpc;

/// <summary>Methods that answer, fail, wait and hand out capabilities.</summary>
internal sealed class TestCapability : ICapability
{
    public const ushort Echo = 1;
    public const ushort Fail = 2;
    public const ushort Wait = 3;
    public const ushort GiveSelfInStruct = 4;
    public const ushort Void = 5;
    public const ushort GiveAfterWait = 6;
    public const ushort IgnoreCancellation = 7;

    private readonly List<TaskCompletionSource> _waiting = [];

    /// <summary>The arguments in the order in which the calls were started.</summary>
    public List<ulong> Started { get; } = [];

    public int Cancelled { get; private set; }

    public void Continue(int index) => _waiting[index].SetResult();

    public async ValueTask DispatchAsync(
        ulong interfaceId, ushort methodId, CallContext context, CancellationToken cancellationToken)
    {
        var argument = context.Params.AsStruct().GetUInt64(0);
        Started.Add(argument);
        switch (methodId)
        {
            case Echo:
                context.Results.InitStruct(new StructSize(1, 0)).SetUInt64(0, argument);
                break;
            case Fail:
                throw new RpcException(RpcExceptionType.Overloaded, "as asked");
            case Wait:
                await WaitAsync(cancellationToken);
                context.Results.InitStruct(new StructSize(1, 0)).SetUInt64(0, argument);
                break;
            case GiveSelfInStruct:
                GiveSelf(context);
                break;
            case GiveAfterWait:
                await WaitAsync(cancellationToken);
                GiveSelf(context);
                break;
            case Void:
                break;
            case IgnoreCancellation:
                await WaitAsync(default);
                break;
            default:
                throw RpcException.MethodNotImplemented(interfaceId, methodId);
        }
    }

    private void GiveSelf(CallContext context)
    {
        var results = context.Results.InitStruct(new StructSize(0, 2));
        results.GetPointer(1).InitStruct(new StructSize(0, 1)).GetPointer(0).SetCapability(context.AddCapability(this));
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(gate);
        try
        {
            await gate.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Cancelled++;
            throw;
        }
    }
}
