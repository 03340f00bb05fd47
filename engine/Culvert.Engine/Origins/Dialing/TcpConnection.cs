using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>
/// A connected socket as pipes that can be closed one at a time. Holds a buffer only while bytes are in it. Owned by one user,
/// who may read and write at the same time.
/// </summary>
internal sealed class TcpConnection : IAsyncDisposable
{
    private const int ReadBytes = 16 * 1024;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    /// <summary>Takes over a connected socket.</summary>
    public TcpConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        Input = PipeReader.Create(
            _stream, new StreamPipeReaderOptions(bufferSize: ReadBytes, leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>What the peer sends.</summary>
    public PipeReader Input { get; }

    /// <summary>What the peer is sent; bytes leave on a flush.</summary>
    public PipeWriter Output { get; }

    /// <summary>This end's address.</summary>
    public IPEndPoint LocalAddress => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Tells the peer that no more bytes come. What it sends can still be read.</summary>
    public void EndOutput()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer is gone, as reading will show.
        }
    }

    /// <summary>Closes the socket. Bytes that were not flushed are discarded: a peer that does not read must not hold
    /// this up.</summary>
    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync(new OperationCanceledException()).ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
