namespace Culvert.CommandLine.Services;

/// <summary>What starts services on a machine.</summary>
internal interface IServiceSystem
{
    /// <summary>The file that says whether a service is installed.</summary>
    string MainFile(string name);

    /// <summary>Writes a service's files.</summary>
    void Write(ServiceFiles files, ServiceDefinition service);

    /// <summary>Removes a service's files; those that are missing do not matter.</summary>
    void Remove(ServiceFiles files, string name);

    /// <summary>Commands that make the system know and start a service whose files were written.</summary>
    IEnumerable<string[]> Starting(string name);

    /// <summary>Commands that stop a service and make the system forget it, before its files are removed.</summary>
    IEnumerable<string[]> Stopping(string name);

    /// <summary>The one that the machine has (cli-api-access, section 14).</summary>
    static IServiceSystem Detect(ServiceFiles files) => files.Exists("/run/systemd/system") ? new SystemdService()
        : OpenRcService.IsOn(files) ? new OpenRcService()
        : new SysVService();
}
