using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Culvert.CommandLine.Diagnosing;

/// <summary>One router on the way. Immutable.</summary>
/// <param name="Number">Its place, from 1 on.</param>
/// <param name="Domain">Its name or address; <c>*</c> when it does not answer.</param>
/// <param name="Microseconds">Round trips.</param>
internal sealed record Hop(int Number, string Domain, IReadOnlyList<long> Microseconds);

/// <summary>The ways to the edge, by the system's <c>traceroute</c> (supervisor-and-operations, section 7.4).</summary>
internal sealed class TraceRoute
{
    private const string Silent = "*";
    private const string NoContent = "no content";

    private readonly IReadOnlyList<(string Name, Task<string> Output)> _runs;

    private TraceRoute(IReadOnlyList<(string Name, Task<string> Output)> runs) => _runs = runs;

    /// <summary>Begins to trace all ways at once; a name over IPv4 and IPv6.</summary>
    public static TraceRoute Start(IEnumerable<string> hosts, CancellationToken cancellationToken) => new(
    [
        .. hosts
            .SelectMany(host => new[]
            {
                (Host: host, Program: "traceroute", Family: "v4"),
                (Host: host, Program: "traceroute6", Family: "v6"),
            })
            .Where(run => !IPAddress.TryParse(run.Host, out var address)
                || (address.GetAddressBytes().Length == 4) == (run.Family == "v4"))
            .Select(run => ($"{run.Host}-{run.Family}", RunAsync(run.Program, run.Host, cancellationToken))),
    ]);

    /// <summary>Writes what the program said.</summary>
    public async Task WriteRawAsync(Stream output, CancellationToken cancellationToken)
    {
        var writer = new StreamWriter(output, leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var (name, run) in _runs)
            {
                var text = await run.WaitAsync(cancellationToken).ConfigureAwait(false);
                await writer.WriteLineAsync($"{name}\n{(text.Length == 0 ? NoContent : text)}".AsMemory(), cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes what the program said as JSON.</summary>
    public async Task WriteJsonAsync(Stream output, CancellationToken cancellationToken)
    {
        var json = new Utf8JsonWriter(output);
        await using (json.ConfigureAwait(false))
        {
            json.WriteStartObject();
            foreach (var (name, run) in _runs)
            {
                var hops = Parse(await run.WaitAsync(cancellationToken).ConfigureAwait(false));
                json.WritePropertyName(name);
                Write(json, hops);
            }

            json.WriteEndObject();
        }
    }

    /// <summary>Reads the lines of hops; others are passed over.</summary>
    internal static IReadOnlyList<Hop> Parse(string output) => [.. output.Split('\n').Select(ParseLine).OfType<Hop>()];

    private static Hop? ParseLine(string line)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var domain = new List<string>();
        var times = new List<long>();
        for (var i = 1; i < words.Length; i++)
        {
            if (i + 1 < words.Length && words[i + 1] == "ms"
                && double.TryParse(words[i], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds))
            {
                times.Add((long)Math.Round(milliseconds * 1000));
                i++;
            }
            else if (words[i] != Silent)
            {
                domain.Add(words[i]);
            }
        }

        return domain.Count == 0
            ? new Hop(number, Silent, []) : times.Count == 0 ? null : new Hop(number, string.Join(' ', domain), times);
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<Hop> hops)
    {
        if (hops.Count == 0)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var hop in hops)
        {
            json.WriteStartObject();
            json.WriteNumber("hop", hop.Number);
            json.WriteString("domain", hop.Domain);
            json.WriteStartArray("rtts");
            foreach (var time in hop.Microseconds)
            {
                json.WriteNumberValue(time);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // What did not work says nothing of the way.
    private static async Task<string> RunAsync(string program, string host, CancellationToken cancellationToken)
    {
        try
        {
            var (output, _) = await Subprocess.RunAsync(program, ["-I", "-w", "5", "-m", "5", host], cancellationToken)
                .ConfigureAwait(false);
            return output;
        }
        catch (DiagnosticException e)
        {
            return e.Message;
        }
    }
}
