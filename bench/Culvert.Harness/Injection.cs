using System.Globalization;

namespace Culvert.Harness;

/// <summary>The regression that <c>CULVERT_HARNESS_INJECT</c> asks for, so that the gate can be shown to catch it.</summary>
internal static class Injection
{
    private const string CpuPrefix = "cpu:";
    private static readonly string Text = Environment.GetEnvironmentVariable("CULVERT_HARNESS_INJECT") ?? "";

    /// <summary>64 bytes of garbage for each request.</summary>
    public static bool Allocates => Text == "allocation";

    /// <summary>Every byte of payload copied once more.</summary>
    public static bool Copies => Text == "copy";

    /// <summary>3 % more calls of each operation than were asked for.</summary>
    public static bool Works => Text == "work";

    /// <summary>Time to waste on each request.</summary>
    public static TimeSpan Cpu { get; } = Text.StartsWith(CpuPrefix, StringComparison.Ordinal)
        ? TimeSpan.FromMicroseconds(double.Parse(Text[CpuPrefix.Length..], CultureInfo.InvariantCulture)) : TimeSpan.Zero;
}
