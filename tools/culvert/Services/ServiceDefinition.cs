namespace Culvert.CommandLine.Services;

/// <summary>A program that the system has to keep running. Immutable.</summary>
/// <param name="Name">Name of the service, and of its files.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Executable">Full path of the binary.</param>
/// <param name="Arguments">Its arguments, in order.</param>
internal sealed record ServiceDefinition(
    string Name, string Description, string Executable, IReadOnlyList<ServiceArgument> Arguments)
{
    /// <summary>Whether it needs ports below 1024.</summary>
    public bool BindsLowPorts { get; init; }

    /// <summary>Whether it sends ICMP errors, which takes raw sockets.</summary>
    public bool SendsIcmpErrors { get; init; }

    /// <summary>Directory below <c>/var/lib</c> that it writes to; null for none.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>Other directories that it writes to.</summary>
    public IReadOnlyList<string> WritablePaths { get; init; } = [];
}

/// <summary>A file that a service needs.</summary>
internal sealed record ServiceFile(string Path, string Text, UnixFileMode Mode);

/// <summary>An argument of a service.</summary>
/// <param name="Text">The argument; the path of a secret's file where there is one.</param>
/// <param name="Secret">Name under which the service gets the file; null for an argument that is no secret's file.</param>
internal sealed record ServiceArgument(string Text, string? Secret = null);
