namespace Culvert.Engine.Proxying;

/// <summary>A value of a log field that is a JSON object already; every format writes it as it is. Immutable.</summary>
/// <param name="Text">Valid JSON without line breaks.</param>
public sealed record LoggedJson(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
