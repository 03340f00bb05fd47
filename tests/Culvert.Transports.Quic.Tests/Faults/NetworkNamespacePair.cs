using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Tests.Faults;

/// <summary>Two network namespaces joined by a cable whose faults the test chooses.</summary>
internal sealed partial class NetworkNamespacePair : IDisposable
{
    public const string ServerAddress = "10.231.0.1";
    private const int CloneNewNet = 0x40000000;

    private readonly string _server = $"cv{Environment.ProcessId}s";
    private readonly string _client = $"cv{Environment.ProcessId}c";

    public NetworkNamespacePair(int mtu)
    {
        Run("ip", $"netns add {_server}");
        Run("ip", $"netns add {_client}");
        Run("ip", $"-n {_server} link add cv0 type veth peer name cv0 netns {_client}");
        foreach (var (name, address) in new[] { (_server, ServerAddress), (_client, "10.231.0.2") })
        {
            Run("ip", $"-n {name} addr add {address}/24 dev cv0");
            Run("ip", $"-n {name} link set cv0 mtu {mtu} up");
            Run("ip", $"-n {name} link set lo up");
        }
    }

    /// <summary>Applies one netem setting in both directions.</summary>
    public void Shape(string netem)
    {
        foreach (var name in new[] { _server, _client })
            Run("ip", $"netns exec {name} tc qdisc replace dev cv0 root netem {netem} limit 100000");
    }

    public Task<T> InServer<T>(Func<Task<T>> action) => In(_server, action);

    public Task<T> InClient<T>(Func<Task<T>> action) => In(_client, action);

    public void Dispose()
    {
        foreach (var name in new[] { _server, _client })
        {
            using var process = Process.Start("ip", ["netns", "del", name]);
            process.WaitForExit();
        }
    }

    // A socket belongs to the namespace its thread was in when it was opened, so a thread that ends afterwards opens it.
    private static Task<T> In<T>(string name, Func<Task<T>> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{name}");
                if (setns((int)handle.DangerousGetHandle(), CloneNewNet) != 0)
                    throw new InvalidOperationException($"setns: error {Marshal.GetLastPInvokeError()}");
                action().ContinueWith(done =>
                {
                    if (done.IsFaulted)
                        result.SetException(done.Exception!.InnerExceptions);
                    else
                        result.SetResult(done.Result);
                }, TaskScheduler.Default);
            }
            catch (Exception error)
            {
                result.SetException(error);
            }
        });
        thread.Start();
        return result.Task;
    }

    private static void Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {arguments}: {error}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
