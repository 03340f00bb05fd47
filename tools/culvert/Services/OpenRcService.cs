namespace Culvert.CommandLine.Services;

/// <summary>A service of OpenRC, watched by <c>supervise-daemon</c>.</summary>
internal sealed class OpenRcService : IServiceSystem
{
    private static readonly string[] Programs = ["/sbin/openrc-run", "/usr/sbin/openrc-run", "/usr/bin/openrc-run"];

    /// <summary>Whether a machine has it.</summary>
    public static bool IsOn(ServiceFiles files) => Programs.Any(files.Exists);

    public string MainFile(string name) => $"/etc/init.d/{name}";

    public void Write(ServiceFiles files, ServiceDefinition service)
    {
        files.Write(MainFile(service.Name), Script(service), ServiceFiles.Program);
        files.Write(
            $"/etc/conf.d/{service.Name}",
            $"""
            # User that {service.Name} runs as. Its secrets have to be readable for it.
            #{Variable(service.Name)}_user="root"

            """,
            ServiceFiles.Public);
    }

    public void Remove(ServiceFiles files, string name)
    {
        files.Remove(MainFile(name));
        files.Remove($"/etc/conf.d/{name}");
    }

    public IEnumerable<string[]> Starting(string name) => [["rc-update", "add", name, "default"], ["rc-service", name, "start"]];

    public IEnumerable<string[]> Stopping(string name) => [["rc-service", name, "stop"], ["rc-update", "del", name, "default"]];

    internal static string Script(ServiceDefinition service) => $$"""
        #!/sbin/openrc-run
        description="{{service.Description}}"

        supervisor="supervise-daemon"
        command={{ShellWord.Quote(service.Executable)}}
        command_args={{ShellWord.Quote(ShellWord.Line(service.Arguments))}}
        command_user="${{{Variable(service.Name)}}_user:-root}"
        pidfile="/run/${RC_SVCNAME}.pid"
        output_log="/var/log/{{service.Name}}.log"
        error_log="/var/log/{{service.Name}}.err"
        respawn_delay=5
        respawn_max=0
        retry="TERM/45/KILL/5"
        umask=077

        depend() {
          need net
          after firewall
          use dns logger
        }
        {{(service.StateDirectory is { } state ? $$"""

        start_pre() {
          checkpath --directory --mode 0700 --owner "${{{Variable(service.Name)}}_user:-root}" /var/lib/{{state}}
        }

        """ : "")}}
        """;

    private static string Variable(string name) => name.Replace('-', '_');
}
