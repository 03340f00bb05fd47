using System.Net;
using System.Net.Sockets;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Counters;

namespace Culvert.Harness.Connector;

/// <summary>
/// The product's own command line, with a relay between its connector and its origin: a place in the same process to put
/// regressions in, without a line for it in the product.
/// </summary>
internal static class RelayedConnector
{
    private const string OriginFlag = "--url";

    public static async Task<int> RunAsync(string[] args)
    {
        using var counters = CounterReport.StartWhenAsked(Console.Error);
        var at = Array.IndexOf(args, OriginFlag) + 1;
        if (at > 0 && at < args.Length)
        {
            var origin = new Uri(args[at]);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start(4096);
            args[at] = $"http://{listener.LocalEndpoint}";
            var relaying = Relay.AcceptAsync(listener, new IPEndPoint(IPAddress.Parse(origin.Host), origin.Port));
            var running = CommandTree.RunAsync(args, Console.Out, Console.Error);
            await Task.WhenAny(relaying, running).Unwrap();
            return await running;
        }

        return await CommandTree.RunAsync(args, Console.Out, Console.Error);
    }
}
