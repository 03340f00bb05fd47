using System.CommandLine;
using System.Globalization;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Snapshots;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert config explain</c>: every setting with its value and where it came from, and the rules that it leads to.
/// </summary>
internal static class ConfigCommand
{
    public static Command Create(ConfigurationFlag configuration)
    {
        var explain = new Command(
            "explain", "Show every setting, its value and where it came from. Takes the flags of 'tunnel run'.");
        configuration.AddTo(explain);
        foreach (var setting in SettingTable.All.Where(setting => setting.Name != "config"))
        {
            var option = OriginFlagOptions.Create(setting, "As for 'tunnel run'.");
            option.Hidden = true;
            explain.Options.Add(option);
        }

        explain.SetAction(parsed => Explain(parsed, configuration));
        return new Command("config", "Look at the configuration.") { explain };
    }

    private static int Explain(ParseResult parsed, ConfigurationFlag configuration)
    {
        var output = parsed.InvocationConfiguration.Output;
        var settings = SettingTable.All.Where(setting => setting.Name != "config")
            .Select(setting => configuration.Settings[setting.Name])
            .ToArray();
        var nameWidth = settings.Max(setting => setting.Setting.Name.Length);
        var valueWidth = Math.Min(40, settings.Max(setting => setting.ToString().Length));
        foreach (var setting in settings)
        {
            var value = setting.Values.Count == 0 ? "-" : setting.ToString();
            output.WriteLine($"{setting.Setting.Name.PadRight(nameWidth)}  {value.PadRight(valueWidth)}  {setting.Origin}");
        }

        foreach (var warning in configuration.File?.Warnings ?? [])
        {
            parsed.InvocationConfiguration.Error.WriteLine($"{configuration.File!.Path}: {warning}");
        }

        output.WriteLine();
        return ExplainRules(output, configuration);
    }

    private static int ExplainRules(TextWriter output, ConfigurationFlag configuration)
    {
        try
        {
            var fromFile = configuration.File is { Ingress.Rules.Count: > 0 };
            var snapshot = fromFile
                ? configuration.File!.Ingress.ToSnapshot() : OriginFlags.ToSnapshot(configuration.Settings, hasArgument: false);
            output.WriteLine($"Rules from {(fromFile ? configuration.File!.Path : Stand(snapshot))}:");
            for (var i = 0; i < snapshot.Rules.Count; i++)
            {
                var rule = snapshot.Rules[i];
                var host = rule.Hostname.Length == 0 ? "*" : rule.Hostname;
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"#{i}  {host}  {rule.Path?.Text ?? "-"}  {rule.Service}"));
            }

            return 0;
        }
        catch (IngressException e)
        {
            throw new CommandException(e.Message, e);
        }
    }

    private static string Stand(IngressSnapshot snapshot) =>
        snapshot.Rules[0].Service is OriginService.Status { InsteadOfRules: true } ? "nowhere" : "flags";
}
