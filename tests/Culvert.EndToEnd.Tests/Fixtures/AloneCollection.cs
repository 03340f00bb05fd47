namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>Tests that measure time or memory, or need a certain port; they run when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit calls it a collection.
public sealed class AloneCollection
#pragma warning restore CA1711
{
    public const string Name = "Alone";
}
