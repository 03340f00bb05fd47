using System.Text;

namespace Culvert.CommandLine.Services;

/// <summary>
/// A unit of systemd that may do no more than its program needs. Secrets come as credentials: files that only it can read.
/// </summary>
internal sealed class SystemdService : IServiceSystem
{
    public string MainFile(string name) => $"/etc/systemd/system/{name}.service";

    public void Write(ServiceFiles files, ServiceDefinition service) =>
        files.Write(MainFile(service.Name), Unit(service), ServiceFiles.Public);

    public void Remove(ServiceFiles files, string name) => files.Remove(MainFile(name));

    public IEnumerable<string[]> Starting(string name) =>
        [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", $"{name}.service"]];

    public IEnumerable<string[]> Stopping(string name) => [["systemctl", "disable", "--now", $"{name}.service"]];

    internal static string Unit(ServiceDefinition service)
    {
        var secrets = service.Arguments.Where(argument => argument.Secret is not null);
        var directories = service.WritablePaths.Select(path => $"ReadWritePaths={Quote(path)}");
        if (service.StateDirectory is { } state)
        {
            directories = directories.Prepend($"StateDirectory={state}");
        }

        return $"""
            [Unit]
            Description={service.Description}
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=notify
            TimeoutStartSec=15
            ExecStart={string.Join(' ', service.Arguments.Select(Word).Prepend(Quote(service.Executable)))}
            Restart=on-failure
            RestartSec=5s
            # The grace period of a stop is 30 s; a longer one needs more here.
            TimeoutStopSec=45s
            LimitNOFILE=1048576
            {Lines(secrets.Select(secret => $"LoadCredential={secret.Secret}:{secret.Text}"))}
            # A user of its own, which owns nothing.
            DynamicUser=yes
            {Lines(directories)}
            {Capabilities(service)}
            NoNewPrivileges=yes
            LockPersonality=yes
            PrivateDevices=yes
            PrivateTmp=yes
            ProtectClock=yes
            ProtectControlGroups=yes
            ProtectHome=yes
            ProtectHostname=yes
            ProtectKernelLogs=yes
            ProtectKernelModules=yes
            ProtectKernelTunables=yes
            ProtectProc=invisible
            ProtectSystem=strict
            RemoveIPC=yes
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
            RestrictNamespaces=yes
            RestrictRealtime=yes
            RestrictSUIDSGID=yes
            SystemCallArchitectures=native
            SystemCallErrorNumber=EPERM
            SystemCallFilter=@system-service
            SystemCallFilter=~@privileged
            UMask=0077

            [Install]
            WantedBy=multi-user.target

            """.Replace("\n\n\n", "\n\n", StringComparison.Ordinal);
    }

    private static string Capabilities(ServiceDefinition service)
    {
        var names = new List<string>();
        if (service.BindsLowPorts)
        {
            names.Add("CAP_NET_BIND_SERVICE");
        }

        if (service.SendsIcmpErrors)
        {
            names.Add("CAP_NET_RAW");
        }

        var list = string.Join(' ', names);
        return names.Count == 0 ? "CapabilityBoundingSet=" : $"AmbientCapabilities={list}\nCapabilityBoundingSet={list}";
    }

    private static string Word(ServiceArgument argument) =>
        argument.Secret is { } name ? $"${{CREDENTIALS_DIRECTORY}}/{name}" : Quote(argument.Text);

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    // Percent signs begin specifiers and dollar signs variables, inside quotes too (systemd.service, command lines).
    internal static string Quote(string word)
    {
        var escaped = word.Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal);
        if (escaped.Length > 0
            && escaped.All(c => char.IsAsciiLetterOrDigit(c) || "/.-_=:,@%$*+~[]".Contains(c, StringComparison.Ordinal)))
        {
            return escaped;
        }

        var quoted = new StringBuilder("\"");
        foreach (var character in escaped)
        {
            quoted.Append(character is '"' or '\\' ? $"\\{character}" : character == '\n' ? "\\n" : character.ToString());
        }

        return quoted.Append('"').ToString();
    }
}
