using System.Globalization;
using System.Net;
using Culvert.Connector;
using Culvert.Connector.Supervision;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>Our connector as a process of its own, to be measured.</summary>
internal static class DatagramConnector
{
    public static async Task<int> RunAsync(string[] args)
    {
        using var stop = new CancellationTokenSource();
        var connector = new Connector.Connector(
            new ConnectorOptions
            {
                Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[32]),
                EdgeAddresses = [IPEndPoint.Parse(args[0])],
                Trust = EdgeTrust.FromFile(args[1]),
                Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
                Protocol = TunnelProtocol.Quic,
                Connections = 1,
                GracePeriod = TimeSpan.Zero,
            },
            NullLogger.Instance);
        var running = connector.RunAsync(stop.Token);

        // Answers with what was allocated so far, for each line; ends with the input.
        while (await Console.In.ReadLineAsync(stop.Token) is not null)
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }
}
