using System.Runtime.InteropServices;
using System.Text.Json;
using Culvert.Connector.Metrics;

namespace Culvert.Connector.Diagnostics;

/// <summary>The answer of <c>/diag/system</c> (supervisor-and-operations, section 7.4): what the machine has left.</summary>
internal static class SystemReport
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Collects for 10 s at most; what could not be collected is among the errors.</summary>
    public static async Task<byte[]> WriteAsync(CancellationToken cancellationToken)
    {
        // A disk may take as long as it likes to say how large it is.
        var disks = Task.Run(DiskVolumes.Read, cancellationToken);
        await ((Task)disks).WaitAsync(Limit, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return JsonObject.Write(json =>
        {
            var errors = new List<(string Name, Exception Error, string Raw)>();
            json.WriteStartObject("info");
            Collect(json, errors, "memoryInformationError", "/proc/meminfo", WriteMemory);
            Collect(json, errors, "fileDescriptorsInformationError", "/proc/sys/fs/file-nr", WriteFileDescriptors);
            Collect(json, errors, "operatingSystemInformationError", "/proc/version", WriteOperatingSystem);
            json.WriteString("architecture", Machine);
            json.WriteString("cloudflaredVersion", ConnectorOptions.DefaultVersion);
            json.WriteString("goVersion", $"dotnet{Environment.Version}");
            json.WriteString("goArch", RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : Machine);
            WriteDisks(json, errors, disks);
            json.WriteEndObject();
            WriteErrors(json, errors);
        });
    }

    private static string Machine => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => OperatingSystem.IsMacOS() ? "arm64" : "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static void Collect(
        Utf8JsonWriter json, List<(string Name, Exception Error, string Raw)> errors, string name, string path,
        Action<Utf8JsonWriter, string> write)
    {
        var raw = "";
        try
        {
            raw = File.ReadAllText(path);
            write(json, raw);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            errors.Add((name, e, raw));
        }
    }

    private static void WriteMemory(Utf8JsonWriter json, string text)
    {
        var (maximum, current) = ProcText.Memory(text);
        json.WriteNumber("memoryMaximum", maximum);
        json.WriteNumber("memoryCurrent", current);
    }

    private static void WriteFileDescriptors(Utf8JsonWriter json, string text)
    {
        var (maximum, current) = ProcText.FileDescriptors(text);
        json.WriteNumber("fileDescriptorMaximum", maximum);
        json.WriteNumber("fileDescriptorCurrent", current);
    }

    // The text is only what an error would show.
    private static void WriteOperatingSystem(Utf8JsonWriter json, string text)
    {
        static string Kernel(string name) => File.ReadAllText("/proc/sys/kernel/" + name).Trim();
        json.WriteString("osSystem", Kernel("ostype"));
        json.WriteString("hostName", Kernel("hostname"));

        // The names are the original's, which has these two the other way round.
        json.WriteString("osVersion", Kernel("osrelease"));
        json.WriteString("osRelease", Kernel("version"));
    }

    private static void WriteDisks(
        Utf8JsonWriter json, List<(string Name, Exception Error, string Raw)> errors, Task<IReadOnlyList<DiskVolume>> disks)
    {
        if (!disks.IsCompletedSuccessfully)
        {
            var error = disks.Exception?.GetBaseException() ?? new TimeoutException("the disks took too long");
            errors.Add(("diskVolumeInformationError", error, ""));
            return;
        }

        json.WriteStartArray("disk");
        foreach (var disk in disks.Result)
        {
            json.WriteStartObject();
            json.WriteString("name", disk.Name);
            json.WriteNumber("sizeMaximum", disk.Maximum);
            json.WriteNumber("sizeCurrent", disk.Current);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteErrors(Utf8JsonWriter json, List<(string Name, Exception Error, string Raw)> errors)
    {
        json.WriteStartObject("errors");
        foreach (var (name, error, raw) in errors)
        {
            json.WriteStartObject(name);
            json.WriteString("error", error.Message);
            json.WriteString("rawInfo", raw);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
