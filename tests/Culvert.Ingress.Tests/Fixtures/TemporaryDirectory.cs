namespace Culvert.Ingress.Tests.Fixtures;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("culvert-ingress-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
