using System.Text.Json;
using Culvert.Connector.Supervision;

namespace Culvert.Connector.Prechecks;

/// <summary>What pre-checks found, and what follows from it (supervisor-and-operations, section 7.5). Immutable.</summary>
/// <param name="RunId">Names the run in the log.</param>
/// <param name="Rows">DNS, QUIC, HTTP/2 and API, each in the order of the targets.</param>
/// <param name="Suggested">The transport that works; null when none does.</param>
public sealed record PrecheckReport(Guid RunId, IReadOnlyList<PrecheckRow> Rows, TunnelProtocol? Suggested)
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Whether no tunnel is to be expected: a name does not resolve, or neither transport works everywhere.</summary>
    public bool HardFail => Failed(ProbeKind.Dns) || (Failed(ProbeKind.Quic) && Failed(ProbeKind.Http2));

    /// <summary>Whether something fails that a tunnel can do without.</summary>
    public bool Degraded => !HardFail && (Failed(ProbeKind.Quic) || Failed(ProbeKind.Http2) || Failed(ProbeKind.Api));

    /// <summary>The last line of the report for people.</summary>
    public string Summary => HardFail
        ? "SUMMARY: Environment has critical failures. cloudflared may not be able to establish a tunnel."
        : Degraded ? "SUMMARY: Environment ready with degraded transport." + Say(" cloudflared will proceed using '{0}'.")
        : "SUMMARY: Environment is healthy." + Say(" cloudflared will use '{0}' as primary protocol.");

    internal string? SuggestedName => Suggested switch
    {
        null => null,
        TunnelProtocol.Quic => ProtocolChoice.Quic,
        _ => ProtocolChoice.Http2,
    };

    /// <summary>The transport to suggest.</summary>
    /// <param name="rows">What was found.</param>
    /// <param name="asked">What the user asked for; it is suggested unless it failed.</param>
    internal static TunnelProtocol? Suggest(IReadOnlyList<PrecheckRow> rows, TunnelProtocol asked)
    {
        return asked == TunnelProtocol.Quic && !Any(ProbeKind.Quic, ProbeStatus.Fail) ? TunnelProtocol.Quic
            : asked == TunnelProtocol.Http2 && !Any(ProbeKind.Http2, ProbeStatus.Fail) ? TunnelProtocol.Http2
            : AllPass(ProbeKind.Quic) ? TunnelProtocol.Quic
            : AllPass(ProbeKind.Http2) ? TunnelProtocol.Http2 : null;

        bool Any(ProbeKind kind, ProbeStatus status) => rows.Any(row => row.Kind == kind && row.Status == status);

        bool AllPass(ProbeKind kind) =>
            Any(kind, ProbeStatus.Pass) && !Any(kind, ProbeStatus.Fail) && !Any(kind, ProbeStatus.Skip);
    }

    /// <summary>Writes it as <c>prechecks.json</c> of a diagnostic.</summary>
    public async Task WriteJsonAsync(Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new Utf8JsonWriter(output, Indented);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteString("RunID", RunId);
            writer.WriteStartArray("Results");
            foreach (var row in Rows)
            {
                writer.WriteStartObject();
                writer.WriteNumber("Type", (int)row.Kind);
                writer.WriteString("Component", row.Component);
                writer.WriteString("Target", row.Target);
                writer.WriteNumber("ProbeStatus", (int)row.Status);
                writer.WriteString("Details", row.Details);
                writer.WriteString("Action", row.Action);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (Suggested is { } suggested)
            {
                writer.WriteNumber("SuggestedProtocol", suggested == TunnelProtocol.Quic ? 1 : 0);
            }
            else
            {
                writer.WriteNull("SuggestedProtocol");
            }

            writer.WriteEndObject();
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await output.WriteAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
    }

    private bool Failed(ProbeKind kind) => Rows.Any(row => row.Kind == kind && row.Status == ProbeStatus.Fail);

    private string Say(string sentence) =>
        SuggestedName is { } name ? sentence.Replace("{0}", name, StringComparison.Ordinal) : "";
}
