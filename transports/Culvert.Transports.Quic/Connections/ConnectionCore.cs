using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Culvert.Transports.Quic.Datagrams;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Streams;
using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic.Connections;

/// <summary>
/// One connection: ngtcp2's object and what hangs on it. Members are the loop thread's unless said otherwise.
/// </summary>
[SuppressMessage("Reliability", "CA1001",
    Justification = "The token source has no timer and no wait handle: nothing to dispose.")]
internal sealed partial class ConnectionCore : WorkItem
{
    private readonly Channel<QuicStream> _accepted;
    private readonly TaskCompletionSource<QuicCloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closedSource = new();
    private readonly TaskCompletionSource<QuicConnection>? _connecting;
    private readonly UdpAddress _local;
    private readonly DatagramRing _datagramsOut;
    private readonly Lock _datagramsOutGate = new();
    private TlsSession? _tls;
    private GCHandle _self;
    private UdpAddress _remote;
    private IPEndPoint _remoteEndPoint;
    private bool _isDirty;

    private ConnectionCore(EndpointLoop loop, QuicTransportOptions settings, in UdpAddress local, in UdpAddress remote,
        TaskCompletionSource<QuicConnection>? connecting)
    {
        Loop = loop;
        Settings = settings;
        _local = local;
        _remote = remote;
        _connecting = connecting;
        _remoteEndPoint = remote.ToEndPoint();
        LocalEndPoint = local.ToEndPoint();
        // Bounded by the streams the peer may open, which are given back only when the application has completed them.
        _accepted = Channel.CreateUnbounded<QuicStream>(new UnboundedChannelOptions
        {
            SingleWriter = true,
            AllowSynchronousContinuations = settings.InlineContinuations,
        });
        _datagramsOut = new DatagramRing(settings.DatagramSendBuffer);
        Inbox = new DatagramInbox(settings.DatagramReceiveBuffer);
        SendBudget = new SendBudget(settings.ConnectionSendLimit);
        Connection = new QuicConnection(this);
        _self = GCHandle.Alloc(this);
        _lastReceived = loop.Now;
    }

    public EndpointLoop Loop { get; }

    public QuicTransportOptions Settings { get; }

    /// <summary>ngtcp2's object; zero before creation and after the end.</summary>
    public nint Handle { get; private set; }

    public QuicConnection Connection { get; }

    public DatagramInbox Inbox { get; }

    /// <summary>What the streams' outputs hold together. Any thread.</summary>
    public SendBudget SendBudget { get; }

    /// <summary>The server's part, which counts handshakes and accepts; null on clients.</summary>
    public Endpoints.FrontDoor? FrontDoor { get; private init; }

    /// <summary>Place in the loop's timer heap, which owns these two.</summary>
    public int TimerIndex { get; set; } = -1;

    public ulong TimerAt { get; set; } = LoopClock.Never;

    public bool HandshakeDone { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>Any thread.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Any thread.</summary>
    public IPEndPoint RemoteEndPoint => Volatile.Read(ref _remoteEndPoint);

    /// <summary>Any thread.</summary>
    public ChannelReader<QuicStream> Accepted => _accepted.Reader;

    /// <summary>Any thread.</summary>
    public Task<QuicCloseReason> Closed => _closed.Task;

    /// <summary>Any thread.</summary>
    public CancellationToken ClosedToken => _closedSource.Token;

    /// <summary>What TLS agreed on; set when the handshake completes.</summary>
    public string? ApplicationProtocol { get; private set; }

    public string? KeyExchangeGroup { get; private set; }

    public void MarkDirty()
    {
        if (_isDirty || IsClosed)
            return;
        _isDirty = true;
        Loop.MarkDirty(this);
    }

    internal override void RunOnLoop()
    {
        if (IsClosed)
        {
            EndReceiver();
            return;
        }
        if (Volatile.Read(ref _closeRequest) is { } reason)
        {
            Close(reason);
            return;
        }
        var credit = Interlocked.Exchange(ref _credit, 0);
        if (credit > 0)
            Ngtcp2.ngtcp2_conn_extend_max_offset(Handle, (ulong)credit);
        AllowStreams();
        HandOverDatagrams();
        MarkDirty();
    }

    /// <summary>Timers: loss, acknowledgement, pacing, idle, keep-alive, handshake; after the end, the closing period.</summary>
    public void OnTimer()
    {
        if (IsClosed)
        {
            Forget();
            return;
        }
        if (!HandshakeDone && Loop.Now >= HandshakeSilenceLimit)
        {
            Close(new QuicCloseReason(QuicCloseKind.IdleTimeout, false, 0, ""), sendFrame: false);
            return;
        }
        var result = Ngtcp2.ngtcp2_conn_handle_expiry(Handle, Loop.Now);
        if (result != 0)
            Fail(result);
        else
            MarkDirty();
    }

    private ulong HandshakeSilenceLimit => _lastReceived + LoopClock.From(Settings.HandshakeIdleTimeout);

    private void UpdateTimer()
    {
        if (IsClosed)
            return;
        var at = Ngtcp2.ngtcp2_conn_get_expiry(Handle);
        Loop.Timers.Set(this, HandshakeDone ? at : Math.Min(at, HandshakeSilenceLimit));
    }
}
