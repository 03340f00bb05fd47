namespace Culvert.CommandLine.Tailing;

/// <summary>Log events cannot be shown, or no longer; each text is one line of the log.</summary>
internal sealed class TailException : Exception
{
    public TailException(string message, Exception? inner = null)
        : base(message, inner) => Texts = [message];

    public TailException(IReadOnlyList<string> texts)
        : base(string.Join("; ", texts)) => Texts = texts;

    /// <summary>What to log.</summary>
    public IReadOnlyList<string> Texts { get; }
}
