using System.Globalization;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>Settings of how connections are made and registered (supervisor-and-operations, section 1.9).</summary>
internal static class RegistrationSettings
{
    private const int MostRetries = 255;

    /// <summary>Largest exponent of the waits between attempts, which <c>--retries</c> says.</summary>
    /// <exception cref="CommandException">It is negative or too large.</exception>
    public static int Retries(IReadOnlyDictionary<string, SettingValue> settings)
    {
        var text = settings["retries"].ToString();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var retries)
            && retries <= MostRetries ? retries
            : throw new CommandException($"--retries: {text} is not between 0 and {MostRetries}");
    }

    /// <summary>Limit of a registration and of other calls, which <c>--rpc-timeout</c> says.</summary>
    /// <exception cref="CommandException">It is no time to wait.</exception>
    public static TimeSpan RpcTimeout(IReadOnlyDictionary<string, SettingValue> settings)
    {
        var text = settings["rpc-timeout"].ToString();
        return GoDuration.TryParse(text, out var timeout) && timeout > TimeSpan.Zero && timeout <= TimeSpan.FromHours(1) ? timeout
            : throw new CommandException($"--rpc-timeout: {text} is not above 0 and up to 1h");
    }
}
