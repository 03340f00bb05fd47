using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>Counts unfinished handshakes, in all and per peer, and decides when clients must prove their address.</summary>
internal sealed class HandshakeLimits(QuicServerOptions options)
{
    private readonly Dictionary<ulong, int> _perPeer = [];
    private ulong _second;
    private int _failures;
    private int _failuresBefore;

    public int Count { get; private set; }

    public bool TryBegin(in UdpAddress remote)
    {
        var key = remote.PeerKey;
        var ofPeer = _perPeer.GetValueOrDefault(key);
        if (Count >= options.MaxHandshakes || ofPeer >= options.MaxHandshakesPerPeer)
            return false;
        _perPeer[key] = ofPeer + 1;
        Count++;
        return true;
    }

    public void Ended(in UdpAddress remote)
    {
        var key = remote.PeerKey;
        if (!_perPeer.TryGetValue(key, out var ofPeer))
            return;
        Count--;
        if (ofPeer == 1)
            _perPeer.Remove(key);
        else
            _perPeer[key] = ofPeer - 1;
    }

    /// <summary>
    /// True under load. Forged first packets fail at once and never count as unfinished, yet each costs a TLS session, so
    /// recent failures count too.
    /// </summary>
    public bool WantsProof(ulong now)
    {
        Turn(now);
        return Count >= options.RetryThreshold || Math.Max(_failures, _failuresBefore) >= options.RetryThreshold;
    }

    public void NoteFailure(ulong now)
    {
        Turn(now);
        _failures++;
    }

    private void Turn(ulong now)
    {
        var second = now / LoopClock.Second;
        if (second == _second)
            return;
        _failuresBefore = second == _second + 1 ? _failures : 0;
        _failures = 0;
        _second = second;
    }
}
