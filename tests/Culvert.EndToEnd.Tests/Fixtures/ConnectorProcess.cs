using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>A connector as a child process, for tests that kill it or weigh it.</summary>
internal static class ConnectorProcess
{
    /// <summary>Runs <c>culvert tunnel run</c> and waits until it has registered.</summary>
    public static async Task<CulvertProcess> StartAsync(
        TestEdge edge, TunnelCredentials credentials, string transport, Uri origin, params string[] more)
    {
        var process = CulvertProcess.Start(
        [
            "tunnel", "run", "--token", TunnelToken.Format(credentials), "--edge", edge.Node.ConnectorEndPoint.ToString(),
            "--cacert", edge.AuthorityFile, "--protocol", transport, "--url", origin.ToString(), .. more,
        ]);
        await process.Errors.WaitForAsync("Registered tunnel connection");
        return process;
    }
}
