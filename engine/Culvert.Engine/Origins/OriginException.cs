namespace Culvert.Engine.Origins;

/// <summary>An origin gave no answer. The text is what operators of the original see (http2-and-proxy, section 4.6.7).</summary>
public sealed class OriginException : Exception
{
    private const string Unreachable =
        "Unable to reach the origin service. The service may be down or it may not be responding to traffic from cloudflared: ";

    /// <summary>Creates the exception of an HTTP origin for a cause below HTTP or in it.</summary>
    public OriginException(Exception cause)
        : base(Unreachable + Describe(cause), cause)
    {
    }

    /// <summary>Creates the exception of a stream service, whose text stands for itself.</summary>
    public OriginException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    private static string Describe(Exception cause)
    {
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause.Message;
    }
}
