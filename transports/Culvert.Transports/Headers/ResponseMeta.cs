namespace Culvert.Transports.Headers;

/// <summary>Who made a response (http2-and-proxy, section 1.9.4).</summary>
public enum ResponseSource
{
    /// <summary>The origin, or a service of the connector that stands for one.</summary>
    Origin,

    /// <summary>The connector itself: it could not get an answer from the origin.</summary>
    Connector,

    /// <summary>The connector itself: the limit of active flows was reached.</summary>
    FlowLimited,
}

/// <summary>The exact texts of the response meta header.</summary>
public static class ResponseMeta
{
    /// <summary>Text of <see cref="ResponseSource.Origin"/>.</summary>
    public const string Origin = """{"src":"origin"}""";

    /// <summary>Text of <see cref="ResponseSource.Connector"/>.</summary>
    public const string Connector = """{"src":"cloudflared"}""";

    /// <summary>Text of <see cref="ResponseSource.FlowLimited"/>.</summary>
    public const string FlowLimited = """{"src":"cloudflared","flow_rate_limited":true}""";

    /// <summary>Reads a meta header; an unknown or absent text counts as the connector's own answer.</summary>
    public static ResponseSource Parse(string? value) => value switch
    {
        Origin => ResponseSource.Origin,
        FlowLimited => ResponseSource.FlowLimited,
        _ => ResponseSource.Connector,
    };
}
