using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Streams;

/// <summary>
/// Plays the server's side of a transcript against a client: each call gets the next recorded Return, in the transcript's order
/// of events.
/// </summary>
internal sealed class ServerScript(Transcript transcript)
{
    private const int BootstrapBytes = 48;
    private const int FinishBytes = 40;

    private readonly List<byte> _received = [];
    private int _next;

    public DuplexPair Stream { get; } = new();

    /// <summary>Makes the first call of a client that has just been made, and answers Bootstrap and call.</summary>
    public async Task<Task<T>> FirstAsync<T>(Func<ValueTask<T>> call)
    {
        if (transcript.IsPipelined)
        {
            var pipelined = call().AsTask();
            await AnswerAsync();
            await AnswerAsync();
            return pipelined;
        }

        await AnswerAsync();
        _received.AddRange(await Stream.Far.Input.TakeAsync(transcript.Signature.Length + BootstrapBytes + FinishBytes));
        return await NextAsync(call);
    }

    /// <summary>Makes a later call and answers it.</summary>
    public async Task<Task<T>> NextAsync<T>(Func<ValueTask<T>> call)
    {
        var later = call().AsTask();
        await AnswerAsync();
        return later;
    }

    /// <summary>Everything that the client has written when it has written what the transcript has.</summary>
    public async Task<byte[]> ClientBytesAsync()
    {
        _received.AddRange(await Stream.Far.Input.TakeAsync(transcript.Client.Length - _received.Count));
        return [.. _received];
    }

    private async Task AnswerAsync() => await Stream.Far.Output.WriteAsync(transcript.ServerMessages[_next++]);
}
