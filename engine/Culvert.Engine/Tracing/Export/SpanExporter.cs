using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Tracing.Export;

/// <summary>
/// Sends spans to a collector by OTLP over HTTP. A request that ends a span never waits: the queue is bounded, and what finds no
/// place in it is dropped and counted. Thread-safe.
/// </summary>
public sealed partial class SpanExporter : IAsyncDisposable
{
    private const int Tries = 3;
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>What is left may take so long when the program ends.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(30);

    private readonly OtlpOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ProtobufWriter _resource;
    private readonly Channel<Activity> _queue;
    private readonly ActivityListener _listener;
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;
    private TaskCompletionSource? _full;
    private long _exported;
    private long _dropped;
    private bool _failing;

    /// <summary>Begins to take spans.</summary>
    /// <param name="options">Where they go.</param>
    /// <param name="version">Version of the program.</param>
    /// <param name="logger">Told when the collector stops and begins to answer.</param>
    /// <param name="time">The clock of batches.</param>
    /// <param name="scope">Who makes them.</param>
    public SpanExporter(
        OtlpOptions options, string version, ILogger logger, TimeProvider? time = null,
        string scope = RequestSpans.ConnectorScope)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _resource = OtlpEncoding.Resource(options, version);
        _queue = Channel.CreateBounded<Activity>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
        _client = new HttpClient(
            new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null })
        {
            Timeout = options.Timeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        foreach (var (name, value) in options.Headers)
        {
            _client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }

        Spans = new RequestSpans(scope);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, Spans.Source),
            Sample = (ref creation) => IsRecorded(creation)
                ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = Add,
        };
        ActivitySource.AddActivityListener(_listener);
        _sending = SendAsync();
    }

    /// <summary>Makes the spans that are sent.</summary>
    public RequestSpans Spans { get; }

    /// <summary>Spans that a collector has taken.</summary>
    public long Exported => Interlocked.Read(ref _exported);

    /// <summary>Spans that were thrown away: the queue was full, or no collector took them.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Sends what is there, for two seconds at most, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Spans.Dispose();
        _queue.Writer.TryComplete();
        _stop.CancelAfter(FlushLimit);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        _client.Dispose();
        _closing.Dispose();
        _stop.Dispose();
    }

    private bool IsRecorded(in ActivityCreationOptions<ActivityContext> creation)
    {
        if (creation.Parent.SpanId != default && (_options.FollowsParent || !creation.Parent.IsRemote))
        {
            return creation.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
        }

        if (_options.Ratio is 0 or 1)
        {
            return _options.Ratio == 1;
        }

        // All who see a trace decide alike: by its last eight bytes.
        Span<byte> id = stackalloc byte[16];
        creation.TraceId.CopyTo(id);
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(id[8..]) >> 1;
        return value < _options.Ratio * long.MaxValue;
    }

    private void Add(Activity span)
    {
        if (!_queue.Writer.TryWrite(span))
        {
            Interlocked.Increment(ref _dropped);
        }

        if (_queue.Reader.Count >= _options.BatchLength)
        {
            Volatile.Read(ref _full)?.TrySetResult();
        }
    }

    private async Task SendAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var batch = new List<Activity>();
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            await FillAsync().ConfigureAwait(false);

            while (batch.Count < _options.BatchLength && _queue.Reader.TryRead(out var span))
            {
                batch.Add(span);
            }

            var taken = await PostAsync(batch).ConfigureAwait(false);
            Interlocked.Add(ref taken ? ref _exported : ref _dropped, batch.Count);
            batch.Clear();
        }
    }

    // Waits until a batch is full, its time is up, or there will be no more. A span is told of after it is counted, so none is
    // missed; one that is told of too late ends the next wait early, with a smaller batch.
    private async Task FillAsync()
    {
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _full, full);
        if (_queue.Reader.Count < _options.BatchLength)
        {
            await full.Task.WaitAsync(_options.Delay, _time, _closing.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> PostAsync(List<Activity> batch)
    {
        var body = OtlpEncoding.Request(_resource, Spans.Source.Name, batch);
        for (var attempt = 1; ; attempt++)
        {
            var (error, delay) = await PostAsync(body).ConfigureAwait(false);
            if (error is null)
            {
                if (_failing)
                {
                    LogAnswers(_logger, _options.Endpoint);
                }

                _failing = false;
                return true;
            }

            if (delay is null || attempt == Tries || _stop.IsCancellationRequested)
            {
                if (!_failing)
                {
                    LogFails(_logger, _options.Endpoint, error);
                }

                _failing = true;
                return false;
            }

            await Task.Delay(delay.Value, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What went wrong, or null; and how long to wait for another try, or null when there is no use in one.
    private async Task<(string? Error, TimeSpan? Delay)> PostAsync(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") },
            };
            using var response = await _client.PostAsync(_options.Endpoint, content, _stop.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return (null, null);
            }

            var again = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            var asked = response.Headers.RetryAfter?.Delta ?? RetryDelay;
            return ($"status {(int)response.StatusCode}", again ? asked < MaxRetryDelay ? asked : MaxRetryDelay : null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return (e.Message, RetryDelay);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Traces are lost: the collector does not take them {endpoint} {error}")]
    private static partial void LogFails(ILogger logger, Uri endpoint, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The collector takes traces again {endpoint}")]
    private static partial void LogAnswers(ILogger logger, Uri endpoint);
}
