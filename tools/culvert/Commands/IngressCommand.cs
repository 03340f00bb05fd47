using System.CommandLine;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Remote;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert tunnel ingress</c>: looks at rules without running them. Prints what the original prints (ingress-and-config,
/// sections 1.9 and 1.10).
/// </summary>
internal sealed class IngressCommand
{
    private readonly ConfigurationFlag _configuration;

    private readonly Option<string?> _json = new("--json", "-j")
    {
        Description = "Rules as JSON, instead of the configuration file.",
        HelpName = "JSON",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_INGRESS_VALIDATE_JSON"),
    };

    private readonly Argument<string[]> _url = new("URL") { Description = "The URL to test.", Arity = ArgumentArity.ZeroOrMore };

    private IngressCommand(ConfigurationFlag configuration) => _configuration = configuration;

    public static Command Create(ConfigurationFlag configuration)
    {
        var ingress = new IngressCommand(configuration);
        var validate = new Command("validate", "Check the rules of the configuration file.") { ingress._json };
        validate.SetAction(ingress.Validate);
        var rule = new Command("rule", "Show which rule answers a URL.") { ingress._url };
        rule.SetAction(ingress.Rule);
        return new Command("ingress", "Check the rules of a configuration file.") { validate, rule };
    }

    private int Validate(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        IngressConfiguration ingress;
        if (parsed.GetValue(_json) is { Length: > 0 } json)
        {
            output.WriteLine("Validating rules from cmdline flag --json");
            try
            {
                ingress = RemoteConfiguration.ParseCommandLine(json);
            }
            catch (IngressException e)
            {
                return Fail(parsed, e.Message);
            }
        }
        else if (_configuration.File is { } file)
        {
            output.WriteLine($"Validating rules from {file.Path}");
            ingress = file.Ingress;
        }
        else
        {
            return Fail(
                parsed, "No configuration file was found. Please create one, or use the --config flag to specify its filepath. " +
                "You can use the help command to learn more about configuration files");
        }

        if (Check(ingress, out _) is { } error)
        {
            return Fail(parsed, error);
        }

        if (_configuration.Settings["url"].IsSet)
        {
            return Fail(parsed, "You can't set the --url flag (or $TUNNEL_URL) when using multiple-origin ingress rules");
        }

        output.WriteLine(UnusedKeys() ?? "OK");
        return 0;
    }

    // Keys at the top of the file do not count here, as they do not for the original.
    private string? UnusedKeys()
    {
        var warnings = _configuration.File?.Warnings.Where(warning => warning.TypeName is not null).ToArray() ?? [];
        return warnings.Length == 0 ? null : string.Join(
            Environment.NewLine,
            [
                "Warning: unused keys detected in your config file. Here is a list of unused keys:",
                "yaml: unmarshal errors:",
                .. warnings.Select(warning => "  " + warning.DecoderText),
                .. warnings.Where(warning => warning.Nearest is not null).Select(warning => warning.ToString()),
            ]);
    }

    private int Rule(ParseResult parsed)
    {
        if (parsed.GetValue(_url) is not [var url])
        {
            return Fail(parsed, "cloudflared tunnel rule expects a single argument, the URL to test");
        }

        RequestAddress address;
        try
        {
            address = RequestAddress.Parse(url);
        }
        catch (IngressException e)
        {
            return Fail(parsed, e.Message);
        }

        var output = parsed.InvocationConfiguration.Output;
        output.WriteLine($"Using rules from {_configuration.File?.Path}");
        if (Check(_configuration.File?.Ingress ?? new IngressConfiguration(), out var snapshot) is { } error)
        {
            return Fail(parsed, error);
        }

        var index = snapshot!.Match(address.Host.Span, address.Path.Span);
        var rule = snapshot.Rules[index];
        output.WriteLine($"Matched rule #{index}");
        if (rule.Hostname.Length > 0)
        {
            output.WriteLine($"\thostname: {rule.Hostname}");
        }

        if (rule.Path is { } path)
        {
            output.WriteLine($"\tpath: {path}");
        }

        output.WriteLine($"\tservice: {rule.Service}");
        return 0;
    }

    private static string? Check(IngressConfiguration ingress, out IngressSnapshot? snapshot)
    {
        snapshot = null;
        try
        {
            snapshot = IngressSnapshot.Create(ingress.Rules, ingress.OriginRequest);
            return null;
        }
        catch (IngressException e)
        {
            return $"Validation failed: {e.Message}";
        }
    }

    private static int Fail(ParseResult parsed, string message)
    {
        parsed.InvocationConfiguration.Error.WriteLine(message);
        return 1;
    }
}
