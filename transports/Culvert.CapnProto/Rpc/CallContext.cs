using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>
/// One running call, seen by the capability that serves it. Belongs to the call: it must not be used any more once the task of
/// <see cref="ICapability.DispatchAsync"/> has ended, because its buffers then go back to the pool. Not thread-safe.
/// </summary>
public sealed class CallContext
{
    private List<ICapability>? _capabilities;

    internal CallContext(PointerReader parameters, PointerBuilder results)
    {
        Params = parameters;
        Results = results;
    }

    /// <summary>
    /// The parameters; null when the caller sent none. Capabilities among them are not offered and are released.
    /// </summary>
    public PointerReader Params { get; }

    /// <summary>
    /// Where the results go: to be set once, to a struct or capability. Left alone, the answer is a struct of no size, which is
    /// what a method without results sends.
    /// </summary>
    public PointerBuilder Results { get; }

    internal IReadOnlyList<ICapability> Capabilities => _capabilities ?? (IReadOnlyList<ICapability>)[];

    /// <summary>Adds a capability to the results, for <see cref="PointerBuilder.SetCapability"/>.</summary>
    /// <param name="capability">What the caller may call from then on.</param>
    /// <returns>Its index.</returns>
    public uint AddCapability(ICapability capability)
    {
        ArgumentNullException.ThrowIfNull(capability);
        (_capabilities ??= []).Add(capability);
        return (uint)(_capabilities.Count - 1);
    }
}
