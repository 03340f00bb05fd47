using System.IO.Pipelines;
using System.Net.Quic;
using System.Runtime.Versioning;
using Culvert.Transports.Quic.Providers;
using PlatformStream = System.Net.Quic.QuicStream;

namespace Culvert.Transports.Quic.Platform;

/// <summary>A stream of the platform's QUIC as <see cref="IQuicStream"/>.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class PlatformQuicStream : IQuicStream
{
    private readonly PlatformStream _stream;
    private readonly CancellationTokenSource _stopped = new();
    private readonly FinishingWriter _output;

    public PlatformQuicStream(PlatformStream stream)
    {
        _stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        _output = new FinishingWriter(stream);
        _ = WatchAsync();
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _output;

    public CancellationToken WritesStopped => _stopped.Token;

    public void AbortRead() => _stream.Abort(QuicAbortDirection.Read, 0);

    public void Abort() => _stream.Abort(QuicAbortDirection.Both, 0);

    public async ValueTask DisposeAsync()
    {
        await _output.CompleteAsync().ConfigureAwait(false);
        await Input.CompleteAsync().ConfigureAwait(false);
        if (!_stream.ReadsClosed.IsCompleted)
        {
            AbortRead();
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    // Ends with the stream; owned by it. Only an abort by the peer counts, not our own FIN.
    private async Task WatchAsync()
    {
        await _stream.WritesClosed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_stream.WritesClosed.IsCompletedSuccessfully)
        {
            await _stopped.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A writer whose completion is FIN or RESET_STREAM, and whose flush tells when the peer reads no more.</summary>
    private sealed class FinishingWriter(PlatformStream stream) : PipeWriter
    {
        private readonly PipeWriter _inner = Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        private bool _completed;

        public override void Advance(int bytes) => _inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => _inner.CancelPendingFlush();

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await _inner.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (QuicException)
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }
        }

        public override void Complete(Exception? exception = null)
        {
            if (_completed)
            {
                return;
            }

            _completed = true;
            _inner.Complete(exception);
            if (exception is null)
            {
                stream.CompleteWrites();
            }
            else
            {
                stream.Abort(QuicAbortDirection.Write, 0);
            }
        }

        public override async ValueTask CompleteAsync(Exception? exception = null)
        {
            if (!_completed && exception is null)
            {
                await FlushAsync().ConfigureAwait(false);
            }

            Complete(exception);
        }
    }
}
