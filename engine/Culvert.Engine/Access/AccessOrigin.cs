using System.Text;
using Culvert.Engine.Origins;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Access;

/// <summary>
/// An origin whose requests need an Access token: it sees only those that have one (ingress-and-config, section 4). Thread-safe.
/// </summary>
/// <param name="origin">Owned.</param>
/// <param name="validator">Checks the tokens.</param>
internal sealed class AccessOrigin(IOrigin origin, AccessTokenValidator validator) : IOrigin
{
    /// <summary>What the original calls it in logs and errors.</summary>
    public const string Name = "AccessJWTValidator";

    /// <summary>The origin behind it.</summary>
    public IOrigin Inner => origin;

    private static ReadOnlySpan<byte> TokenHeader => "cf-access-jwt-assertion"u8;

    /// <inheritdoc/>
    /// <exception cref="AccessRefusedException">No token, or one for another audience.</exception>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var token = stream.Request.Headers.TryGet(TokenHeader, out var value) ? Encoding.Latin1.GetString(value) : "";
        if (token.Length == 0)
        {
            throw new AccessRefusedException("no access token in request");
        }

        try
        {
            var audiences = await validator.ValidateAsync(token, cancellationToken).ConfigureAwait(false);
            if (!validator.IsForUs(audiences))
            {
                throw new AccessRefusedException($"Invalid token in jwt: [{string.Join(' ', audiences)}]");
            }
        }
        catch (AccessTokenException e)
        {
            throw new OriginException($"error while processing middleware handler {Name}: {e.Message}", e);
        }

        await origin.ServeAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Retire() => origin.Retire();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => origin.DisposeAsync();
}
