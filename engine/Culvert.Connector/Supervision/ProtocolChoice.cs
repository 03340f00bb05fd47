namespace Culvert.Connector.Supervision;

/// <summary>
/// Which transport the next attempt uses where both are allowed (compare supervisor-and-operations, section 2.6). Before the
/// first registration the transports take turns, a dial each, so that a network that drops UDP costs one dial. From then on the
/// one that registered is kept, and only a run of failures leads to the other one: more dials than the budget, over a while, and
/// no connection left on the transport they were made with. QUIC is returned to when it has answered probes for a while.
/// Thread-safe.
/// </summary>
/// <param name="protocols">The transports that may be used at first, the first to try first.</param>
/// <param name="budget">Failed dials in a row that change nothing (<c>--max-edge-addr-retries</c>).</param>
/// <param name="tracker">Tells what is registered.</param>
/// <param name="time">The clock of runs and probes.</param>
internal sealed class ProtocolChoice(IReadOnlyList<string> protocols, int budget, ConnectionTracker tracker, TimeProvider time)
{
    public const string Quic = "quic";
    public const string Http2 = "http2";

    /// <summary>Shortest run of failures that changes the transport.</summary>
    public static readonly TimeSpan LeastRun = TimeSpan.FromSeconds(20);

    /// <summary>From the change to HTTP/2 to the first probe; doubled by each failed probe and each relapse.</summary>
    public static readonly TimeSpan FirstProbe = TimeSpan.FromMinutes(1);

    /// <summary>Longest time between probes.</summary>
    public static readonly TimeSpan LongestProbe = TimeSpan.FromMinutes(15);

    /// <summary>From one successful probe to the one that confirms it.</summary>
    public static readonly TimeSpan Confirmation = TimeSpan.FromSeconds(10);

    /// <summary>A return that lasted shorter counts as a relapse.</summary>
    private static readonly TimeSpan Relapse = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private IReadOnlyList<string> _allowed = protocols;
    private string _current = protocols[0];
    private bool _settled;
    private int _failures;
    private long _firstFailure;
    private long? _returned;
    private TimeSpan _probeDelay = FirstProbe;
    private bool _confirming;

    /// <summary>The transport of the next attempt.</summary>
    public string Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>
    /// How long to wait for the next probe of QUIC; null while QUIC is what is used, or nothing has registered yet.
    /// </summary>
    public TimeSpan? NextProbe
    {
        get
        {
            lock (_lock)
            {
                return !_settled || _allowed.Count < 2 || _current == Quic ? null : _confirming ? Confirmation : _probeDelay;
            }
        }
    }

    /// <summary>
    /// Notes which transports may be used from now on, the first to try first. What is connected stays. QUIC that is allowed
    /// again is returned to as after a failure: when it has answered probes.
    /// </summary>
    /// <returns>The transport that is used from now on when this changed it, else null.</returns>
    public string? Allow(IReadOnlyList<string> protocols)
    {
        lock (_lock)
        {
            _allowed = protocols;
            if (_allowed.Contains(_current))
            {
                return null;
            }

            (_confirming, _failures, _probeDelay) = (false, 0, FirstProbe);
            return _current = _allowed[0];
        }
    }

    /// <summary>Notes a registration.</summary>
    public void Registered(string protocol)
    {
        lock (_lock)
        {
            _settled = true;
            if (protocol == _current)
            {
                _failures = 0;
            }
        }
    }

    /// <summary>Notes a failed dial.</summary>
    /// <returns>The transport that is used from now on when this changed it, else null.</returns>
    public string? DialFailed(string protocol)
    {
        lock (_lock)
        {
            if (protocol != _current || _allowed.Count < 2)
            {
                return null;
            }

            if (_settled)
            {
                if (_failures++ == 0)
                {
                    _firstFailure = time.GetTimestamp();
                }

                if (_failures <= budget || time.GetElapsedTime(_firstFailure) < LeastRun || tracker.IsReadyOver(protocol))
                {
                    return null;
                }
            }

            _failures = 0;
            if (_current == Quic)
            {
                LeaveQuic();
            }

            return _current = _current == Quic ? Http2 : Quic;
        }
    }

    /// <summary>Notes what a probe of QUIC met.</summary>
    /// <returns>Whether QUIC is used again from now on.</returns>
    public bool Probed(bool answered)
    {
        lock (_lock)
        {
            if (_current == Quic || !_allowed.Contains(Quic))
            {
                return false;
            }

            if (!answered)
            {
                _confirming = false;
                _probeDelay = Longer(_probeDelay);
                return false;
            }

            if (!_confirming)
            {
                _confirming = true;
                return false;
            }

            (_confirming, _failures, _current, _returned) = (false, 0, Quic, time.GetTimestamp());
            return true;
        }
    }

    private void LeaveQuic()
    {
        var relapse = _returned is { } returned && time.GetElapsedTime(returned) < Relapse;
        _probeDelay = relapse ? Longer(_probeDelay) : FirstProbe;
        _confirming = false;
    }

    private static TimeSpan Longer(TimeSpan delay) => delay * 2 < LongestProbe ? delay * 2 : LongestProbe;
}
