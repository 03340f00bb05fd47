using System.Runtime.InteropServices;
using System.Text;
using Culvert.Engine.Datagrams.Native;
using Culvert.Transports.Native;
using Microsoft.Win32.SafeHandles;

namespace Culvert.Edge.PrivateNetworks.Pings;

/// <summary>A network interface of Linux whose packets are read and written here. One thread reads; any may write.</summary>
internal sealed unsafe partial class TunInterface : IDisposable
{
    private const string Device = "/dev/net/tun";
    private const int NameBytes = 16;
    private const int RequestBytes = 40;
    private const nuint SetInterface = 0x400454ca;
    private const short Tun = 1;
    private const short NoPacketInfo = 0x1000;

    // Longer than any packet that goes on.
    private const int BufferBytes = 2048;

    private readonly SafeFileHandle _handle;
    private readonly EpollSet _events = new();
    private readonly Thread _thread;
    private readonly PacketOutput _received;
    private volatile bool _stopping;

    /// <summary>Opens the interface, and makes it when there is none by that name.</summary>
    /// <param name="name">1 to 15 characters.</param>
    /// <param name="received">Takes what the system sends through it, on the interface's thread.</param>
    /// <exception cref="IOException">The system does not allow it; the text says what it needs.</exception>
    public TunInterface(string name, PacketOutput received)
    {
        _received = received;
        try
        {
            _handle = File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _events.Dispose();
            throw new IOException($"{Device}: {e.Message}", e);
        }

        var request = stackalloc byte[RequestBytes];
        new Span<byte>(request, RequestBytes).Clear();
        if (name.Length is 0 or >= NameBytes || !Encoding.ASCII.TryGetBytes(name, new Span<byte>(request, NameBytes - 1), out _))
        {
            Close();
            throw new IOException($"'{name}' is no name of a network interface: it has 1 to {NameBytes - 1} characters");
        }

        *(short*)(request + NameBytes) = Tun | NoPacketInfo;
        if (ioctl((int)_handle.DangerousGetHandle(), SetInterface, request) < 0 || !Watch())
        {
            var error = Marshal.GetLastPInvokeError();
            Close();
            throw new IOException(
                $"{Marshal.GetPInvokeErrorMessage(error)} (needs CAP_NET_ADMIN, or an interface made for this user)");
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "pings" };
    }

    public void Start() => _thread.Start();

    /// <summary>Sends a packet into the system; one that it does not take is lost.</summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        fixed (byte* start = packet)
        {
            _ = Libc.write((int)_handle.DangerousGetHandle(), start, (nuint)packet.Length);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _events.Wake();
        if (!_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _thread.Join();
        }

        Close();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, void* argument);

    private bool Watch() => _events.TryAdd((int)_handle.DangerousGetHandle(), 0);

    private void Close()
    {
        _events.Dispose();
        _handle.Dispose();
    }

    // Level-triggered: what one read leaves is told again.
    private void Run()
    {
        var buffer = stackalloc byte[BufferBytes];
        while (!_stopping)
        {
            var events = _events.Wait(-1);
            for (var i = 0; i < events; i++)
            {
                if (_events.Event(i, out _, out _) < 0)
                {
                    continue;
                }

                var length = Libc.read((int)_handle.DangerousGetHandle(), buffer, BufferBytes);
                if (length > 0)
                {
                    _received(new ReadOnlySpan<byte>(buffer, (int)length));
                }
            }
        }
    }
}
