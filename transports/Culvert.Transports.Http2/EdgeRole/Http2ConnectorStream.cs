using System.IO.Pipelines;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>One request to a connector over HTTP/2 as <see cref="ConnectorStream"/>.</summary>
internal sealed class Http2ConnectorStream : ConnectorStream
{
    private readonly HttpMessageInvoker _client;
    private readonly HttpRequestMessage _request;
    private readonly RequestBodyContent? _body;
    private readonly StreamKind _kind;
    private readonly CancellationTokenSource _aborted = new();
    private readonly ResponseHead _head = new();
    private readonly HeaderList _trailers = new();
    private Task<HttpResponseMessage>? _sending;
    private HttpResponseMessage? _response;
    private PipeReader? _input;
    private bool _trailersRead;

    public Http2ConnectorStream(HttpMessageInvoker client, RequestHead head)
    {
        _client = client;
        _kind = head.Kind;
        (_request, _body) = RequestEncoding.Create(head);
        Output = _body?.Writer ?? CompletedWriter.Instance;
    }

    public override PipeWriter Output { get; }

    public override PipeReader Input => _input ?? throw new InvalidOperationException("The response head was not read yet.");

    public override HeaderList Trailers
    {
        get
        {
            if (!_trailersRead && _response is not null)
            {
                _trailersRead = true;
                foreach (var (name, values) in _response.TrailingHeaders.NonValidated)
                {
                    foreach (var value in values)
                    {
                        _trailers.Add(name, value);
                    }
                }
            }

            return _trailers;
        }
    }

    /// <summary>Sends the head; returns when the request body can be written.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _sending = _client.SendAsync(_request, _aborted.Token);
        if (_body is null)
        {
            return;
        }

        if (await Task.WhenAny(_body.Ready, _sending).WaitAsync(cancellationToken).ConfigureAwait(false) == _sending)
        {
            // A quick response overtakes the note that the head is written; a failed request never asks for its body.
            await WaitForResponseAsync(cancellationToken).ConfigureAwait(false);
            await _body.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask<ResponseHead> ReadHeadAsync(CancellationToken cancellationToken)
    {
        _response = await WaitForResponseAsync(cancellationToken).ConfigureAwait(false);
        if (!ResponseDecoding.TryRead(_response, _kind, _head))
        {
            throw new ConnectorLostException("the connector sent malformed response headers");
        }

        var stream = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 32 * 1024, useZeroByteReads: true));
        return _head;
    }

    public override void Abort() => _aborted.Cancel();

    public override async ValueTask DisposeAsync()
    {
        await _aborted.CancelAsync().ConfigureAwait(false);
        _body?.Abandon();
        if (_input is not null)
        {
            await _input.CompleteAsync().ConfigureAwait(false);
        }

        _response?.Dispose();
        _request.Dispose();
        _head.Clear();
        _trailers.Clear();
        if (_sending is { IsCompletedSuccessfully: true })
        {
            (await _sending.ConfigureAwait(false)).Dispose();
        }
        else if (_sending is not null)
        {
            // Cancelled above; observed here so that its failure does not surface on the finalizer thread.
            await ((Task)_sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _aborted.Dispose();
    }

    private async ValueTask<HttpResponseMessage> WaitForResponseAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _sending!.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Abort();
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw new ConnectorLostException($"the connector did not answer: {Innermost(e)}", e);
        }
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message;
    }
}
