using System.Net.Sockets;
using System.Text;

namespace Culvert.CommandLine.Readiness;

/// <summary>Tells systemd what the process is doing, where it asked to be told (<c>Type=notify</c>).</summary>
/// <param name="socket">Value of <c>NOTIFY_SOCKET</c>: a path, or an abstract name after <c>@</c>; null for nobody.</param>
internal sealed class SystemdNotification(string? socket)
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    /// <summary>The notification of this process.</summary>
    public static SystemdNotification OfEnvironment() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>Sends a state.</summary>
    /// <exception cref="SocketException">Nobody takes it.</exception>
    public void Send(string state)
    {
        if (string.IsNullOrEmpty(socket) || OperatingSystem.IsWindows())
        {
            return;
        }

        using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        sender.SendTo(
            Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket));
    }
}
