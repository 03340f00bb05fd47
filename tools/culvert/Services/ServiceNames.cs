namespace Culvert.CommandLine.Services;

/// <summary>Names that operators type.</summary>
internal static class ServiceNames
{
    /// <summary>The original's, so that what is written down about it goes on being true.</summary>
    public const string Connector = "cloudflared";

    public const string EdgeNode = "culvert-edge";
}
