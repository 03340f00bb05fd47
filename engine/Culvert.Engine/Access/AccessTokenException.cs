namespace Culvert.Engine.Access;

/// <summary>
/// A token is not valid, or cannot be checked. The text is the original's where it has one (ingress-and-config, section 4.4).
/// </summary>
internal sealed class AccessTokenException(string message, Exception? cause = null) : Exception(message, cause);
