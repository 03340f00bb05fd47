namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>
/// What an origin sent is not an HTTP/1.1 response that can be forwarded safely. Its connection has to be closed.
/// </summary>
public sealed class ResponseFormatException(string message) : IOException(message);
