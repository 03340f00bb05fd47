using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>
/// A Bootstrap or call of the other vat, from its arrival until it was both returned and finished. Guarded by the connection's
/// lock.
/// </summary>
internal sealed class Answer(uint id) : IDisposable
{
    public uint Id => id;

    /// <summary>The call itself, with its buffer; null from the Return on.</summary>
    public MessageReader? Call { get; set; }

    /// <summary>Bytes that <see cref="Call"/> holds.</summary>
    public int HeldBytes { get; init; }

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Whether a method is using <see cref="Call"/>.</summary>
    public bool IsRunning { get; set; }

    public bool IsReturned { get; set; }

    public bool IsFinished { get; set; }

    public bool ReleaseResultCaps { get; set; }

    /// <summary>Why there are no results, once returned.</summary>
    public string? Failure { get; set; }

    /// <summary>What the content is, if it is itself a capability (as with a Bootstrap).</summary>
    public ICapability? Content { get; set; }

    /// <summary>A copy of the Return, kept only if it has capabilities that calls may still be addressed to.</summary>
    public MessageReader? Results { get; set; }

    public IReadOnlyList<ICapability> Capabilities { get; set; } = [];

    /// <summary>The ids under which the results' capabilities were sent, once for each time.</summary>
    public uint[] Exports { get; set; } = [];

    /// <summary>The other vat's capabilities among the parameters, which are released with the Return.</summary>
    public uint[] ParamCaps { get; init; } = [];

    /// <summary>Calls for a capability in this answer, until it is there.</summary>
    public List<Answer>? Waiting { get; set; }

    public void Dispose()
    {
        Call?.Dispose();
        Call = null;
        Results?.Dispose();
        Results = null;
    }
}
