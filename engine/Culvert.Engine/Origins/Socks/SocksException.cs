namespace Culvert.Engine.Origins.Socks;

/// <summary>A SOCKS client asked for something that it does not get. The stream ends after the reply, if there is one.</summary>
internal sealed class SocksException(string message, SocksReplyCode? code = null, bool echoesAddress = false)
    : IOException(message)
{
    /// <summary>What the client is told; null for nothing.</summary>
    public SocksReplyCode? Code => code;

    /// <summary>Whether the reply repeats the requested address.</summary>
    public bool EchoesAddress => echoesAddress;
}
