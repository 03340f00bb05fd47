namespace Culvert.Engine.Origins.WebSockets;

/// <summary>A client broke the WebSocket protocol; it is sent a close frame with status 1002.</summary>
internal sealed class WebSocketFormatException(string message) : IOException(message);
