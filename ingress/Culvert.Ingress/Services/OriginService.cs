namespace Culvert.Ingress.Services;

/// <summary>What an ingress rule points at.</summary>
public abstract record OriginService
{
    private OriginService()
    {
    }

    /// <summary>An HTTP server; <paramref name="Address"/> has the scheme <c>http</c> or <c>https</c> and no path.</summary>
    public sealed record Http(Uri Address) : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>The built-in demo server.</summary>
    public sealed record HelloWorld : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => "hello_world";
    }

    /// <summary>A fixed status without a body.</summary>
    public sealed record Status(int Code) : OriginService
    {
        /// <inheritdoc/>
        public override string ToString() => $"http_status:{Code}";
    }
}
