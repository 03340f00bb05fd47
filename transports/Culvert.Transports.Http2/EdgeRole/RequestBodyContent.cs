using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>A request body that is written through a pipe while the response is read.</summary>
internal sealed class RequestBodyContent : HttpContent
{
    private readonly BodyWriter _writer;
    private readonly long? _length;

    public RequestBodyContent(long? length)
    {
        _length = length;
        _writer = new BodyWriter();
    }

    /// <summary>The body's writer; usable when <see cref="Ready"/> has ended.</summary>
    public PipeWriter Writer => _writer;

    /// <summary>Ends when the HTTP/2 stream takes bytes, or never will: then the writer drops them.</summary>
    public Task Ready => _writer.Opened;

    /// <summary>Lets the stream go when nobody will complete the writer any more.</summary>
    public void Abandon() => _writer.Complete(new IOException("the request was given up"));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // The client holds the head back until the body is flushed; peers answer heads, not bodies.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The connector ended the stream before the body was asked for: its answer, if any, is all there will be.
            _writer.Open(Stream.Null);
            throw;
        }

        _writer.Open(stream);
        await _writer.Completed.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length.HasValue;
    }

    /// <summary>A stream writer whose completion ends the request side of the HTTP/2 stream.</summary>
    private sealed class BodyWriter : PipeWriter
    {
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private PipeWriter? _inner;
        private bool _isUnwanted;

        public Task Opened => _opened.Task;

        public Task Completed => _completed.Task;

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => Inner.UnflushedBytes;

        private PipeWriter Inner => _inner ?? throw new InvalidOperationException("The stream was not opened.");

        public void Open(Stream stream)
        {
            _inner = Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 32 * 1024, leaveOpen: true));
            _opened.TrySetResult();
        }

        public override void Advance(int bytes) => Inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => Inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => Inner.CancelPendingFlush();

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            WriteAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);

        [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
        public override async ValueTask<FlushResult> WriteAsync(
            ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            if (_isUnwanted)
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }

            try
            {
                return await Inner.WriteAsync(source, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The connector answered in full and wants no more of the body; the client has closed the stream under the
                // writer.
                _isUnwanted = true;
                return new FlushResult(isCanceled: false, isCompleted: true);
            }
        }

        public override void Complete(Exception? exception = null)
        {
            _inner?.Complete(exception ?? (Inner.UnflushedBytes > 0 ? new IOException("bytes were not flushed") : null));
            if (exception is null)
            {
                _completed.TrySetResult();
            }
            else
            {
                _completed.TrySetException(exception);
            }
        }

        public override async ValueTask CompleteAsync(Exception? exception = null)
        {
            if (exception is null && _inner is { UnflushedBytes: > 0 })
            {
                await FlushAsync().ConfigureAwait(false);
            }

            Complete(exception);
        }
    }
}
