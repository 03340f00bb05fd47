using System.Diagnostics;

namespace Culvert.Transports.Quic.Tests.Faults;

/// <summary>
/// A test that makes network namespaces; counted as skipped for whoever may not, or whose kernel lacks what it needs.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<bool> HasNetem = new(() => Succeeds("unshare", "-n tc qdisc add dev lo root netem delay 1ms"));

    private bool _needsNetem;

    public RootTheoryAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "needs root, to make network namespaces";
        else if (!Succeeds("ip", "-V"))
            Skip = "needs iproute2";
    }

    /// <summary>Whether the kernel must have the netem queueing discipline.</summary>
    public bool NeedsNetem
    {
        get => _needsNetem;
        set
        {
            _needsNetem = value;
            if (value && Skip is null && !HasNetem.Value)
                Skip = "needs a kernel with netem";
        }
    }

    private static bool Succeeds(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
