using System.Net.Security;
using System.Net.Sockets;
using Culvert.Engine.Origins.Dialing;
using Culvert.Transports.Sockets;

namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>
/// One connection to an origin, with everything that an exchange on it needs again. It carries one exchange at a time;
/// <see cref="Abort"/> may be called from any thread.
/// </summary>
internal sealed class OriginConnection : IDisposable
{
    private readonly TcpConnection _transport;
    private readonly Action _onSpeech;
    private ConnectionPool? _pool;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">Owned from now on.</param>
    /// <param name="time">The clock of the exchanges.</param>
    /// <param name="tls">The authenticated TLS stream over it, owned too, or null for plain text.</param>
    public OriginConnection(Socket socket, TimeProvider time, SslStream? tls = null)
    {
        _transport = new TcpConnection(socket, tls);
        _onSpeech = () => _pool!.Forget(this);
        Exchange = new OriginExchange(this, time);
    }

    /// <summary>What the origin sends.</summary>
    public SocketInput Input => _transport.Input;

    /// <summary>What the origin is sent.</summary>
    public SocketOutput Output => _transport.Output;

    /// <summary>The reusable state of the exchange that runs.</summary>
    public OriginExchange Exchange { get; }

    /// <summary>The TLS name it was opened for where that depends on the request, else empty.</summary>
    public byte[] ServerName { get; init; } = [];

    /// <summary>When it became idle, as a timestamp of the pool's clock.</summary>
    public long IdleSince { get; set; }

    /// <summary>
    /// Begins to be idle in a pool, which forgets it when the origin closes it or says something unasked.
    /// </summary>
    /// <returns>False when the origin has done so already.</returns>
    public bool TryRest(ConnectionPool pool)
    {
        _pool = pool;
        try
        {
            return Input.TryListen(_onSpeech);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Ends to be idle.</summary>
    /// <returns>False when the origin has closed it or said something unasked: it cannot be used.</returns>
    public bool TryWake() => Input.StopListening();

    /// <summary>
    /// Resets the connection: what runs on it fails at once, and the origin cannot take what it got for complete.
    /// </summary>
    public void Abort() => _transport.Abort();

    /// <summary>Closes. What was flushed still reaches the origin. Waits for nobody.</summary>
    public void Dispose() => _transport.Dispose();
}
