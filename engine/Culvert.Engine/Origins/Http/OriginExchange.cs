using System.Runtime.CompilerServices;
using Culvert.Engine.Origins.Http.Connections;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>One request and its response on a connection: the state is kept with the connection and used again.</summary>
/// <remarks>Not thread-safe: one exchange at a time.</remarks>
internal sealed class OriginExchange(OriginConnection connection, TimeProvider time)
{
    private const int SwitchingProtocols = 101;

    private readonly ResponseHeadParser _parser = new();
    private readonly ResponseHead _head = new();
    private readonly RequestBody _requestBody = new();
    private readonly ResponseBody _responseBody = new();

    /// <summary>Whether the origin sent at least one byte of a response.</summary>
    public bool AnswerBegan { get; private set; }

    /// <summary>
    /// Sends the request, and answers the stream with what the origin says. Cancellation resets the connection. When it fails,
    /// the connection has to be closed.
    /// </summary>
    /// <param name="stream">The request; borrowed until the task ends.</param>
    /// <param name="framing">How its body is announced.</param>
    /// <param name="host">What the origin is told as its host.</param>
    /// <param name="cancellationToken">Gives the exchange up.</param>
    /// <returns>Whether the connection can carry another exchange.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, or the edge reads no more.</exception>
    /// <exception cref="IOException">The origin ended early or broke the protocol, or the request cannot be sent.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<bool> RunAsync(
        EdgeStream stream, RequestFraming framing, OriginHost host, CancellationToken cancellationToken)
    {
        AnswerBegan = false;
        _parser.Reset();
        RequestHeadWriter.Write(connection.Output, stream.Request, framing, host);
        var giveUp = cancellationToken.UnsafeRegister(static c => ((OriginConnection)c!).Abort(), connection);
        var complete = false;
        try
        {
            if (framing.HasBody)
            {
                var waits = framing.ExpectsContinue(stream.Request) ? time : null;
                _requestBody.Start(stream.Input, connection, framing.Length, waits, cancellationToken);
            }
            else
            {
                await connection.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }

            complete = await AnswerAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (framing.HasBody && _requestBody.Error is not null)
        {
            // The visitor's side failed first; the origin's failure follows from it.
            throw new IOException(_requestBody.Error.Message, _requestBody.Error);
        }
        finally
        {
            _head.Clear();
            if (framing.HasBody)
            {
                complete &= await EndRequestBodyAsync(complete).ConfigureAwait(false);
            }

            await giveUp.DisposeAsync().ConfigureAwait(false);
        }

        return complete;
    }

    // An origin that has answered to the end wants no more of the request.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> EndRequestBodyAsync(bool answered)
    {
        if (answered && await _requestBody.TryFinishAsync(time).ConfigureAwait(false))
        {
            return true;
        }

        if (!_requestBody.IsComplete)
        {
            connection.Abort();
        }

        await _requestBody.StopAsync().ConfigureAwait(false);
        return _requestBody.IsComplete;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> AnswerAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        await ReadHeadAsync().ConfigureAwait(false);
        if (_head.Status == SwitchingProtocols)
        {
            ThrowUnlessAsked(stream.Request);
            SendHead(stream);
            await TwoWayCopy.RunAsync(connection.Input, stream.Output, stream.Input, connection.Output, cancellationToken)
                .ConfigureAwait(false);
            return false;
        }

        var end = _parser.DecideBody(stream.Request.Method.SequenceEqual("HEAD"u8));
        SendHead(stream);
        _responseBody.Start(end, _parser.Length);
        if (end != BodyEnd.Absent)
        {
            // The cleared head takes the trailers.
            await _responseBody.CopyAsync(connection.Input, stream.Output, _head.Headers, cancellationToken)
                .ConfigureAwait(false);
            SendTrailers(stream);
        }

        return _parser.KeepsConnection && end != BodyEnd.Connection;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask ReadHeadAsync()
    {
        var input = connection.Input;
        while (true)
        {
            var read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            AnswerBegan |= !read.Buffer.IsEmpty;
            var complete = _parser.TryParse(read.Buffer, _head, out var consumed);
            input.AdvanceTo(consumed, complete ? consumed : read.Buffer.End);
            if (complete && !_parser.IsInterim)
            {
                return;
            }

            if (complete)
            {
                // Interim responses are for this client alone, as in the original (http2-and-proxy, section 1.9.5); a 100, or
                // any other, shows that the origin has read the head and is there for the body.
                _requestBody.Continue();
                _head.Clear();
                _parser.Next();
            }
            else if (read.IsCompleted)
            {
                throw new EndOfStreamException(AnswerBegan ? "unexpected EOF" : "EOF");
            }
        }
    }

    private static void ThrowUnlessAsked(RequestHead request)
    {
        if (request.Kind != StreamKind.WebSocket)
        {
            throw new ResponseFormatException("the response switches protocols unasked");
        }
    }

    private void SendHead(EdgeStream stream)
    {
        stream.SendHead(_head);
        _head.Clear();
    }

    private void SendTrailers(EdgeStream stream)
    {
        for (var i = 0; i < _head.Headers.Count; i++)
        {
            stream.AddTrailer(_head.Headers[i].Name, _head.Headers[i].Value);
        }
    }
}
