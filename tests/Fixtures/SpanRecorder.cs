using System.Diagnostics;

namespace Culvert.Tests.Fixtures;

/// <summary>Keeps the spans of a source that have ended.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly List<Activity> _ended = [];

    public SpanRecorder(ActivitySource source)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = other => ReferenceEquals(other, source),
            Sample = (ref _) => Sampling,
            ActivityStopped = _ended.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>What happens to spans that begin.</summary>
    public ActivitySamplingResult Sampling { get; set; } = ActivitySamplingResult.AllDataAndRecorded;

    public IReadOnlyList<Activity> Ended => _ended;

    public void Dispose() => _listener.Dispose();
}
