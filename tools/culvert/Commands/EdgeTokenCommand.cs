using System.CommandLine;
using System.Security.Cryptography;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert edge token</c>: makes the token of a tunnel with a fixed hostname.</summary>
internal static class EdgeTokenCommand
{
    private const string DefaultAccount = "culvert";
    private const int SecretBytes = 32;

    public static Command Create()
    {
        var command = new Command("token", "Make a token for --tunnel HOSTNAME=TOKEN and 'culvert tunnel run --token TOKEN'.");
        command.SetAction(parsed =>
        {
            var credentials = new TunnelCredentials(DefaultAccount, Guid.NewGuid(), RandomNumberGenerator.GetBytes(SecretBytes));
            parsed.InvocationConfiguration.Output.WriteLine(TunnelToken.Format(credentials));
            return 0;
        });
        return command;
    }
}
