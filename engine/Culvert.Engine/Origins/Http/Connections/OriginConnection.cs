using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;

namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>
/// One connection to an origin, with everything that an exchange on it needs again. It carries one exchange at a time;
/// <see cref="Abort"/> may be called from any thread.
/// </summary>
internal sealed class OriginConnection
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);

    private readonly ConnectionContext _transport;
    private readonly SslStream? _tls;

    /// <summary>Takes over a connected transport.</summary>
    /// <param name="transport">Owned from now on.</param>
    /// <param name="time">The clock of the exchanges.</param>
    /// <param name="tls">The authenticated TLS stream over it, owned too, or null for plain text.</param>
    public OriginConnection(ConnectionContext transport, TimeProvider time, SslStream? tls = null)
    {
        _transport = transport;
        _tls = tls;
        Input = tls is null
            ? transport.Transport.Input
            : PipeReader.Create(tls, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        Output = tls is null
            ? transport.Transport.Output
            : PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
        Exchange = new OriginExchange(this, time);
    }

    /// <summary>What the origin sends.</summary>
    public PipeReader Input { get; }

    /// <summary>What the origin is sent.</summary>
    public PipeWriter Output { get; }

    /// <summary>The reusable state of the exchange that runs.</summary>
    public OriginExchange Exchange { get; }

    /// <summary>Cancelled when the origin has closed its side, or the connection was lost.</summary>
    public CancellationToken Closed => _transport.ConnectionClosed;

    /// <summary>The TLS name it was opened for where that depends on the request, else empty.</summary>
    public byte[] ServerName { get; init; } = [];

    /// <summary>When it became idle, as a timestamp of the pool's clock.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether an idle connection can be used: the origin has neither closed it nor said something unasked.</summary>
    public bool IsQuiet()
    {
        try
        {
            return !Closed.IsCancellationRequested && !Input.TryRead(out _);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>
    /// Resets the connection: what runs on it fails at once, and the origin cannot take what it got for complete.
    /// </summary>
    public void Abort() => _transport.Abort(new ConnectionAbortedException("the exchange was given up"));

    /// <summary>Closes after what was written has left, or after 5 seconds. Never throws.</summary>
    public async Task CloseAsync()
    {
        try
        {
            if (_tls is not null)
            {
                await Output.CompleteAsync().ConfigureAwait(false);
            }

            await _transport.Transport.Output.CompleteAsync().ConfigureAwait(false);
            await _transport.DisposeAsync().AsTask().WaitAsync(DrainTimeout).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The origin does not read, or is gone.
            Abort();
        }
        finally
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask ReleaseAsync()
    {
        try
        {
            if (_tls is not null)
            {
                await _tls.DisposeAsync().ConfigureAwait(false);
                await Input.CompleteAsync().ConfigureAwait(false);
            }

            await _transport.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Closed is closed.
        }
    }
}
