namespace Culvert.Harness.Operations;

/// <summary>
/// One piece of the hot path with its input ready. Runs on one thread, touches no socket, and always does the same, so that its
/// instructions and its garbage can be counted.
/// </summary>
public abstract class Operation
{
    /// <summary>Its name in the baseline: <c>part/what</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Does it once.</summary>
    public abstract void Run();

    /// <summary>Makes each of them, ready to run.</summary>
    public static IReadOnlyList<Operation> All() =>
    [
        new ConnectRequestWriting(), new ConnectRequestReading(), new ConnectResponseWriting(), new ConnectResponseReading(),
        new SerializedHeadersWriting(), new SerializedHeadersParsing(), new RequestHeadWriting(),
            new ResponseHeadParsing(), new ChunkDecoding(), new BodyCopy(),
        new RouteFinding(10), new RouteFinding(10_000), new PayloadDatagramCoding(), new RegistrationCoding(),
    ];

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
