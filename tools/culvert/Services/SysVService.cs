namespace Culvert.CommandLine.Services;

/// <summary>A script for machines that have only the System V way of starting services.</summary>
internal sealed class SysVService : IServiceSystem
{
    private static readonly string[] StartLevels = ["2", "3", "4", "5"];
    private static readonly string[] StopLevels = ["0", "1", "6"];

    public string MainFile(string name) => $"/etc/init.d/{name}";

    public void Write(ServiceFiles files, ServiceDefinition service)
    {
        files.Write(MainFile(service.Name), Script(service), ServiceFiles.Program);
        foreach (var link in Links(service.Name))
        {
            files.Link(link, MainFile(service.Name));
        }
    }

    public void Remove(ServiceFiles files, string name)
    {
        foreach (var link in Links(name))
        {
            files.Remove(link);
        }

        files.Remove(MainFile(name));
    }

    public IEnumerable<string[]> Starting(string name) => [["service", name, "start"]];

    public IEnumerable<string[]> Stopping(string name) => [["service", name, "stop"]];

    // The names of the connector's links are those of the original.
    private static IEnumerable<string> Links(string name)
    {
        var suffix = name == ServiceNames.Connector ? "et" : name;
        return StartLevels.Select(level => $"/etc/rc{level}.d/S50{suffix}")
            .Concat(StopLevels.Select(level => $"/etc/rc{level}.d/K02{suffix}"));
    }

    internal static string Script(ServiceDefinition service) => $$"""
        #!/bin/sh
        ### BEGIN INIT INFO
        # Provides:          {{service.Name}}
        # Required-Start:    $local_fs $network $remote_fs
        # Required-Stop:     $local_fs $network $remote_fs
        # Default-Start:     2 3 4 5
        # Default-Stop:      0 1 6
        # Short-Description: {{service.Description}}
        ### END INIT INFO
        name={{service.Name}}
        pid_file="/var/run/$name.pid"
        started() { [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

        case "$1" in
          start)
            if started; then
              echo "$name is running already"
            else
              umask 077{{(service.StateDirectory is { } state ? $" && mkdir -p /var/lib/{state}" : "")}}
              {{ShellWord.Quote(service.Executable)}} {{ShellWord.Line(service.Arguments)}} \
                </dev/null >>"/var/log/$name.log" 2>>"/var/log/$name.err" &
              echo $! >"$pid_file"
            fi
            ;;
          stop)
            if started; then
              kill "$(cat "$pid_file")"
              for _ in $(seq 45); do
                started || break
                sleep 1
              done
              if started; then kill -KILL "$(cat "$pid_file")"; fi
            fi
            rm -f "$pid_file"
            ;;
          restart)
            "$0" stop
            "$0" start
            ;;
          status)
            if started; then echo "$name is running"; else echo "$name is stopped"; exit 1; fi
            ;;
          *)
            echo "Usage: $0 {start|stop|restart|status}" >&2
            exit 2
            ;;
        esac

        """;
}
