namespace Culvert.Engine.Tracing.Export;

/// <summary>
/// Where spans go, and which are made; the environment variables are those of the OpenTelemetry specification. Immutable.
/// </summary>
public sealed record OtlpOptions
{
    /// <summary>What requests are posted to, such as <c>http://127.0.0.1:4318/v1/traces</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>Headers of each post, such as the collector's key; not for logs.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Longest post.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What describes the service, in addition to its name and version.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Resource { get; init; } = [];

    /// <summary>Name of the service.</summary>
    public required string ServiceName { get; init; }

    /// <summary>Share of the traces that begin here which are recorded, 0 to 1.</summary>
    public double Ratio { get; init; } = 1;

    /// <summary>Whether a trace that began elsewhere is recorded as its beginning says, and not by <see cref="Ratio"/>.</summary>
    public bool FollowsParent { get; init; } = true;

    /// <summary>Spans that may wait to be sent, 1 or more; further ones are dropped and counted.</summary>
    public int QueueLength { get; init; } = 2048;

    /// <summary>Most spans of one post.</summary>
    public int BatchLength { get; init; } = 512;

    /// <summary>Longest wait for a batch to fill up.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads the environment.</summary>
    /// <param name="endpoint">Base URL that the user gave, or null for the environment's.</param>
    /// <param name="variable">Value of a variable, or null.</param>
    /// <param name="service">Name of the service when no variable gives one.</param>
    /// <returns>Null when no endpoint is given, or tracing is turned off: then no span is made.</returns>
    /// <exception cref="FormatException">A value is not usable; the text names the variable.</exception>
    public static OtlpOptions? Read(string? endpoint, Func<string, string?> variable, string service = "cloudflared")
    {
        ArgumentNullException.ThrowIfNull(variable);
        if (Address(endpoint) is not { } address || Is("OTEL_SDK_DISABLED", "true") || Is("OTEL_TRACES_EXPORTER", "none"))
        {
            return null;
        }

        if ((Value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? Value("OTEL_EXPORTER_OTLP_PROTOCOL")) is { } protocol
            and not "http/protobuf")
        {
            throw new FormatException($"OTEL_EXPORTER_OTLP_PROTOCOL: '{protocol}' cannot be spoken, only http/protobuf can");
        }

        var options = new OtlpOptions
        {
            Endpoint = address,
            ServiceName = service,
            Headers = Pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? Pairs("OTEL_EXPORTER_OTLP_HEADERS") ?? [],
            Resource = Pairs("OTEL_RESOURCE_ATTRIBUTES") ?? [],
            Timeout = TimeSpan.FromMilliseconds(
                Number("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", Number("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000))),
            QueueLength = Number("OTEL_BSP_MAX_QUEUE_SIZE", 2048),
            BatchLength = Number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
            Delay = TimeSpan.FromMilliseconds(Number("OTEL_BSP_SCHEDULE_DELAY", 5000)),
        };
        var named = options.Resource.LastOrDefault(attribute => attribute.Key == "service.name").Value;
        return Sampled(options with { ServiceName = Value("OTEL_SERVICE_NAME") ?? named ?? options.ServiceName });

        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

        bool Is(string name, string value) => string.Equals(Value(name), value, StringComparison.OrdinalIgnoreCase);

        Uri? Address(string? given) => given is { Length: > 0 } ? Parse("--otlp-endpoint", given, isBase: true)
            : Value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") is { } whole
                ? Parse("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", whole, isBase: false)
            : Value("OTEL_EXPORTER_OTLP_ENDPOINT") is { } start
                ? Parse("OTEL_EXPORTER_OTLP_ENDPOINT", start, isBase: true) : null;

        int Number(string name, int otherwise) => Value(name) is not { } text ? otherwise
            : int.TryParse(
                text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                && number is > 0 and <= 1_000_000 ? number
            : throw new FormatException($"{name}: '{text}' is not a number from 1 to 1000000");

        KeyValuePair<string, string>[]? Pairs(string name) => Value(name)
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
                ? KeyValuePair.Create(pair[..at].Trim(), Uri.UnescapeDataString(pair[(at + 1)..].Trim()))
                : throw new FormatException($"{name}: what is there is not NAME=VALUE,NAME=VALUE")).ToArray();

        OtlpOptions Sampled(OtlpOptions of)
        {
            var sampler = Value("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
            return of with
            {
                FollowsParent = sampler.StartsWith("parentbased_", StringComparison.Ordinal),
                Ratio = sampler.Replace("parentbased_", "", StringComparison.Ordinal) switch
                {
                    "always_on" => 1,
                    "always_off" => 0,
                    "traceidratio" => Share(Value("OTEL_TRACES_SAMPLER_ARG")),
                    _ => throw new FormatException($"OTEL_TRACES_SAMPLER: there is no sampler '{sampler}'"),
                },
            };
        }
    }

    private static double Share(string? text) => text is null ? 1
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var share)
            && share is >= 0 and <= 1 ? share
        : throw new FormatException($"OTEL_TRACES_SAMPLER_ARG: '{text}' is not a number from 0 to 1");

    private static Uri Parse(string name, string text, bool isBase) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? isBase ? new Uri(url.AbsoluteUri.TrimEnd('/') + "/v1/traces") : url
            : throw new FormatException($"{name}: '{text}' is no URL such as http://127.0.0.1:4318");
}
