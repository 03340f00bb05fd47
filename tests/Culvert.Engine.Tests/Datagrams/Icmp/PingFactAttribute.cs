using System.Net;
using Culvert.Engine.Datagrams.Icmp;

namespace Culvert.Engine.Tests.Datagrams.Icmp;

/// <summary>A test that sends pings; skipped, with the reason, where the system allows this user none.</summary>
public sealed class PingFactAttribute : FactAttribute
{
    public PingFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "pings need Linux";
        else if (PingSocket.Test(IPAddress.Loopback) is { } reason)
            Skip = reason;
    }
}
