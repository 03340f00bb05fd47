using System.CommandLine;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Providers;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of QUIC connections (cli-api-access, section 3.1, edge connections).</summary>
internal sealed class QuicFlags
{
    private static readonly QuicTransportOptions Defaults = new();

    private readonly Option<string> _provider = new("--quic-provider")
    {
        Description = "Library for QUIC; msquic carries no UDP of private networks.",
        HelpName = "ngtcp2|msquic",
        DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "msquic" : "ngtcp2",
        Recursive = true,
    };

    private readonly Option<bool> _noPathMtuDiscovery = new("--quic-disable-pmtu-discovery")
    {
        Description = "Keep QUIC packets at their initial size.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_DISABLE_QUIC_PMTU") is "1" or "true",
        Recursive = true,
    };

    private readonly Option<int> _connectionWindow = new("--quic-connection-level-flow-control-limit")
    {
        Description = "Largest receive window of a QUIC connection, in bytes.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => Defaults.MaxConnectionWindow,
        Recursive = true,
    };

    private readonly Option<int> _streamWindow = new("--quic-stream-level-flow-control-limit")
    {
        Description = "Largest receive window of a QUIC stream, in bytes.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => Defaults.MaxStreamWindow,
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_provider);
        command.Options.Add(_noPathMtuDiscovery);
        command.Options.Add(_connectionWindow);
        command.Options.Add(_streamWindow);
    }

    /// <exception cref="CommandException">There is no provider of this name.</exception>
    public QuicProvider Provider(ParseResult parsed) => parsed.GetValue(_provider)! switch
    {
        "ngtcp2" => QuicProvider.Ngtcp2,
        "msquic" => QuicProvider.MsQuic,
        var other => throw new CommandException($"--quic-provider: unknown provider {other}, use ngtcp2 or msquic"),
    };

    // The original's QUIC library reads this variable, and takes these values for true: some virtual networks mangle what the
    // kernel has cut into packets.
    private static bool SegmentationOffload =>
        Environment.GetEnvironmentVariable("QUIC_GO_DISABLE_GSO") is not ("1" or "t" or "T" or "true" or "True" or "TRUE");

    /// <exception cref="CommandException">A window is smaller than its initial size.</exception>
    public QuicTransportOptions Transport(ParseResult parsed) => Defaults with
    {
        SegmentationOffload = SegmentationOffload,
        PathMtuDiscovery = !parsed.GetValue(_noPathMtuDiscovery),
        MaxConnectionWindow = Window(parsed, _connectionWindow, Defaults.InitialConnectionWindow),
        MaxStreamWindow = Window(parsed, _streamWindow, Defaults.InitialStreamWindow),
    };

    private static int Window(ParseResult parsed, Option<int> option, int least)
    {
        var bytes = parsed.GetValue(option);
        return bytes >= least ? bytes : throw new CommandException($"{option.Name}: {bytes} is less than {least} bytes");
    }
}
