using System.Buffers;
using System.IO.Pipelines;

namespace Culvert.CapnProto.Tests.Streams;

/// <summary>
/// Reading exact amounts from the far end of a stream under test, with a limit so that a fault cannot hang a test.
/// </summary>
internal static class PipeBytes
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task<byte[]> TakeAsync(this PipeReader reader, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        var result = await reader.ReadAtLeastAsync(count, limit.Token);
        Assert.True(result.Buffer.Length >= count, $"only {result.Buffer.Length} of {count} bytes came");
        var bytes = result.Buffer.Slice(0, count).ToArray();
        reader.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    /// <summary>Everything up to the end of the stream.</summary>
    public static async Task<byte[]> DrainAsync(this PipeReader reader)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var result = await reader.ReadAsync(limit.Token);
            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static Task Within(this Task task) => task.WaitAsync(Limit);

    public static Task Within(this ValueTask task) => task.AsTask().WaitAsync(Limit);
}
