namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>A request holds bytes that would end a line or a part of it early at the origin. Nothing of it was sent.</summary>
public sealed class RequestFormatException(string message) : IOException(message);
