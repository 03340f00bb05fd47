using System.CommandLine;
using Culvert.Engine.Tracing.Export;

namespace Culvert.CommandLine.Commands;

/// <summary><c>--otlp-endpoint</c>: where a connector or an edge node sends a span of each request.</summary>
/// <param name="service">Name of the service when the environment gives none.</param>
internal sealed class TraceFlag(string service)
{
    private readonly Option<string?> _endpoint = new("--otlp-endpoint")
    {
        Description = "Send a span of each request there by OTLP over HTTP; also OTEL_EXPORTER_OTLP_ENDPOINT.",
        HelpName = "URL",
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_endpoint);

    /// <summary>What the flag and the environment say; null for no traces.</summary>
    /// <exception cref="CommandException">A value is not usable.</exception>
    public OtlpOptions? Options(ParseResult parsed)
    {
        try
        {
            return OtlpOptions.Read(parsed.GetValue(_endpoint), Environment.GetEnvironmentVariable, service);
        }
        catch (FormatException e)
        {
            throw new CommandException(e.Message, e);
        }
    }
}
