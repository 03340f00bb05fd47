using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Tests.Allocation;

namespace Culvert.Transports.Tests.AsyncMethods;

public class PooledMethodBuilderTests
{
    private static readonly AsyncLocal<int> Local = new();

    [Fact]
    public async Task Method_that_never_waits_completes_at_once()
    {
        var call = AddAsync(Task.CompletedTask, 1, 2);

        Assert.True(call.IsCompletedSuccessfully);
        Assert.Equal(3, await call);
    }

    [Fact]
    public async Task Method_that_waits_goes_on_with_its_state()
    {
        var gate = new TaskCompletionSource();
        var call = AddAsync(gate.Task, 3, 4);
        Assert.False(call.IsCompleted);
        gate.SetResult();

        Assert.Equal(7, await call);
    }

    [Fact]
    public async Task Exception_reaches_the_caller_before_and_after_a_wait()
    {
        await Assert.ThrowsAsync<InvalidDataException>(async () => await FailAsync(Task.CompletedTask));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await FailAsync(Task.Delay(1)));
    }

    [Fact]
    public async Task Calls_at_once_do_not_mix_and_each_keeps_its_context()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, 2000).Select(i => RunAsync(i, gate.Task)).ToArray();
        gate.SetResult();
        await Task.WhenAll(calls);

        static async Task RunAsync(int i, Task gate)
        {
            Local.Value = i;
            for (var round = 0; round < 3; round++)
            {
                Assert.Equal(i + 1, await NestedAsync(i, gate));
            }
        }
    }

    [Fact]
    public async Task Task_that_was_awaited_already_is_refused()
    {
#pragma warning disable CA2012 // The misuse is the test.
        var gate = new TaskCompletionSource();
        var call = AddAsync(gate.Task, 1, 1);
        gate.SetResult();
        await call;

        Assert.Throws<InvalidOperationException>(() => call.GetAwaiter().GetResult());
#pragma warning restore CA2012
    }

    [ReleaseFact]
    public async Task Waiting_calls_allocate_nothing_when_they_were_made_before() =>
        Assert.Equal(0, await Task.Run(LeastAllocated)); // Without the context of the test, so that calls go on inline.

    private static long LeastAllocated()
    {
        var calls = new ValueTask<int>[64];
        var gates = new TaskCompletionSource[calls.Length];
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < calls.Length; i++)
            {
                gates[i] = new TaskCompletionSource();
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
#pragma warning disable CA2012 // Each is taken once, below.
            for (var i = 0; i < calls.Length; i++)
            {
                calls[i] = AddAsync(gates[i].Task, i, 1);
            }
#pragma warning restore CA2012

            for (var i = 0; i < calls.Length; i++)
            {
                gates[i].SetResult();
                _ = calls[i].GetAwaiter().GetResult();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> AddAsync(Task gate, int a, int b)
    {
        await gate.ConfigureAwait(false);
        return a + b;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private static async ValueTask<int> NestedAsync(int i, Task gate)
    {
        await gate;
        await Task.Yield();
        Assert.Equal(i, Local.Value);
        await NothingAsync();
        return await AddAsync(Task.CompletedTask, Local.Value, 1);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask NothingAsync() => await Task.Yield();

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask FailAsync(Task gate)
    {
        await gate;
        throw new InvalidDataException();
    }
}
