using Culvert.Transports.Headers;

namespace Culvert.Edge.Visitors;

/// <summary>What the edge tells a visitor whom no origin answered.</summary>
/// <param name="Status">HTTP status; 530 stands for "the edge cannot reach the tunnel".</param>
/// <param name="Code">Short name for programs.</param>
/// <param name="Title">One line for people.</param>
/// <param name="Advice">What the owner of the site can do.</param>
internal sealed record EdgeError(int Status, string Code, string Title, string Advice)
{
    public static readonly EdgeError UnknownHostname = new(
        530, "unknown-hostname", "There is no tunnel for this hostname",
        "Check the address. If it is a quick tunnel, its name changes with every start and ends with its connector.");

    public static readonly EdgeError NoConnector = new(
        530, "no-connector", "The tunnel of this hostname has no connector",
        "The tunnel exists, but nothing is connected to it. Start its connector and look at the connector's log.");

    public static readonly EdgeError ConnectorLost = new(
        530, "connector-lost", "The connector was lost while it answered",
        "The connection to the connector ended before there was a response. Try again in a moment.");

    public static readonly EdgeError OriginUnreachable = new(
        502, "origin-unreachable", "The origin server did not answer",
        "The tunnel works, but the web server behind it does not. Check that it runs at the address the connector was given.");

    public static readonly EdgeError FlowLimited = new(
        503, "flow-limited", "The connector has too many active flows",
        "The connector's limit of active flows was reached. Try again later, or raise the limit.");

    public static readonly EdgeError BadRequest = new(
        400, "bad-request", "The request cannot be carried through a tunnel",
        "The request needs a valid host, and its target has to be a path.");

    public static readonly EdgeError HeadersTooLarge = new(
        431, "headers-too-large", "The request headers are too large", "Send fewer or smaller headers or cookies.");

    public static readonly EdgeError ManagementRefused = new(
        400, "management-refused", "The management request is refused",
        "It needs a management token of the tunnel, in access_token.");

    public static readonly EdgeError Internal = new(
        500, "internal-error", "The edge node failed", "The node's log has the cause under the id below.");

    public static EdgeError From(ResponseSource source) =>
        source == ResponseSource.FlowLimited ? FlowLimited : OriginUnreachable;
}
