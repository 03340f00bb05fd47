using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Connections;

// What ngtcp2 reports, during a call into it. An exception that left one of these would end the process, so each keeps it
// and fails the call instead; none calls ngtcp2 back except where its documentation allows.
internal sealed unsafe partial class ConnectionCore
{
    public static ConnectionCore From(nint user) => Unsafe.As<ConnectionCore>(GCHandle.FromIntPtr(user).Target!);

    public int OnHandshakeCompleted()
    {
        _handshakeCompleted = true;
        return 0;
    }

    public int OnStreamData(uint flags, byte* data, nuint length, nint stream)
    {
        try
        {
            if (stream != 0)
                StreamFrom(stream).OnData(data, (int)length, (flags & Ngtcp2.StreamDataFin) != 0);
            return 0;
        }
        catch (Exception fault)
        {
            return Fault(fault);
        }
    }

    public static int OnAcknowledged(long offset, nint stream)
    {
        if (stream != 0)
            StreamFrom(stream).OnAcknowledged(offset);
        return 0;
    }

    public int OnStreamOpened(long id)
    {
        try
        {
            OnRemoteOpened(id);
            return 0;
        }
        catch (Exception fault)
        {
            return Fault(fault);
        }
    }

    public int OnStreamClosed(ulong? code, nint handle)
    {
        if (handle == 0)
            return 0;
        var stream = StreamFrom(handle);
        RemoveReady(stream);
        stream.OnClosed(code);
        return 0;
    }

    public static int OnStreamReset(ulong code, nint stream)
    {
        if (stream != 0)
            StreamFrom(stream).OnReset(code);
        return 0;
    }

    public int OnStatelessReset()
    {
        _statelessReset = true;
        return 0;
    }

    public int OnMoreStreams()
    {
        try
        {
            OpenWaiting();
            return 0;
        }
        catch (Exception fault)
        {
            return Fault(fault);
        }
    }

    public int OnMoreStreamData(nint stream)
    {
        if (stream != 0)
            OnUnblocked(StreamFrom(stream));
        return 0;
    }

    public int OnPathValidated(bool succeeded)
    {
        _pathMayHaveChanged |= succeeded;
        return 0;
    }

    public int OnNewConnectionId(ngtcp2_cid* id, byte* token)
    {
        try
        {
            *id = Loop.Ids.NewId();
            if (FrontDoor is not null)
                FrontDoor.Identity.ResetToken(token, id);
            else
                System.Security.Cryptography.RandomNumberGenerator.Fill(new Span<byte>(token, 16));
            Loop.Ids.Add(in *id, this);
            _ids.Add(*id);
            return 0;
        }
        catch (Exception fault)
        {
            return Fault(fault);
        }
    }

    public int OnRemoveConnectionId(ngtcp2_cid* id)
    {
        Loop.Ids.Remove(in *id, this);
        for (var i = _ids.Count - 1; i >= 0; i--)
        {
            var known = _ids[i];
            if (new ReadOnlySpan<byte>(known.data, (int)known.datalen).SequenceEqual(new ReadOnlySpan<byte>(id->data,
                (int)id->datalen)))
                _ids.RemoveAt(i);
        }
        return 0;
    }

    public int OnDatagramReceived(byte* data, int length)
    {
        try
        {
            OnDatagram(data, length);
            return 0;
        }
        catch (Exception fault)
        {
            return Fault(fault);
        }
    }

    private static StreamCore StreamFrom(nint handle) => Unsafe.As<StreamCore>(GCHandle.FromIntPtr(handle).Target!);

    private int Fault(Exception fault)
    {
        _callbackFault ??= fault;
        return Ngtcp2Errors.CallbackFailure;
    }
}
