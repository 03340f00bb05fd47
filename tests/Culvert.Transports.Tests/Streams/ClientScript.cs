using System.IO.Pipelines;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Streams;

/// <summary>Plays the client's side of a transcript against a server.</summary>
internal static class ClientScript
{
    /// <summary>How many bytes are sent at a time.</summary>
    public static IEnumerable<int> Fragments => [int.MaxValue, 1, 7];

    /// <summary>Sends the recorded bytes and the end of the stream; the answer is all that the server wrote.</summary>
    public static async Task<byte[]> PlayAsync(Transcript transcript, int fragment, Func<IDuplexPipe, Task> serve)
    {
        var stream = new DuplexPair();
        var serving = serve(stream.Far);
        var sent = transcript.Client.AsMemory(transcript.Signature.Length);
        for (; !sent.IsEmpty; sent = sent[Math.Min(fragment, sent.Length)..])
        {
            await stream.Near.Output.WriteAsync(sent[..Math.Min(fragment, sent.Length)]);
        }

        var answered = await stream.Near.Input.TakeAsync(transcript.Server.Length);
        await stream.Near.Output.CompleteAsync();
        await serving.Within();
        return [.. answered, .. await stream.Near.Input.DrainAsync()];
    }
}
