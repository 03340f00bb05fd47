using System.ComponentModel;
using System.Diagnostics;
using Culvert.CommandLine.Commands;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Services;

/// <summary>Installs services and removes them, whole or not at all.</summary>
internal sealed partial class ServiceInstallation(ServiceFiles files, IServiceSystem system, ILogger logger)
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(2);

    /// <summary>Writes a service's files and starts it.</summary>
    /// <param name="service">The service.</param>
    /// <param name="written">Files that it needs, which are written first.</param>
    /// <exception cref="CommandException">It is installed already, or cannot be; nothing is left behind.</exception>
    public void Install(ServiceDefinition service, IReadOnlyList<ServiceFile> written)
    {
        if (files.Exists(system.MainFile(service.Name)))
        {
            throw new CommandException(
                $"{service.Name} service is already installed at {files.At(system.MainFile(service.Name))}; " +
                "uninstall it first to install it again");
        }

        try
        {
            foreach (var (path, text, mode) in written)
            {
                files.Write(path, text, mode);
            }

            system.Write(files, service);
            Run(system.Starting(service.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandException)
        {
            Remove(service.Name, written.Select(file => file.Path));
            throw e as CommandException ?? new CommandException($"{service.Name} service cannot be installed: {e.Message}", e);
        }

        LogInstalled(logger, service.Name);
    }

    /// <summary>Stops a service and removes its files.</summary>
    /// <exception cref="CommandException">It is not installed, or cannot be removed.</exception>
    public void Uninstall(string name, IEnumerable<string> secrets)
    {
        if (!files.Exists(system.MainFile(name)))
        {
            throw new CommandException($"{name} service is not installed: there is no {files.At(system.MainFile(name))}");
        }

        Run(system.Stopping(name));
        try
        {
            system.Remove(files, name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{name} service cannot be removed: {e.Message}", e);
        }

        Remove(name, secrets);
        LogUninstalled(logger, name);
    }

    private void Remove(string name, IEnumerable<string> secrets)
    {
        try
        {
            system.Remove(files, name);
            foreach (var path in secrets)
            {
                files.Remove(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogLeftBehind(logger, name, e.Message);
        }
    }

    // Only this machine's files are this machine's services.
    private void Run(IEnumerable<string[]> commands)
    {
        foreach (var command in files.AreOfThisMachine ? commands : [])
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]));
                if (!process!.WaitForExit(CommandLimit) || process.ExitCode != 0)
                {
                    throw new CommandException($"'{string.Join(' ', command)}' failed");
                }
            }
            catch (Win32Exception e)
            {
                throw new CommandException($"'{string.Join(' ', command)}' cannot be run: {e.Message}", e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Linux service for {name} installed successfully")]
    private static partial void LogInstalled(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Linux service for {name} uninstalled successfully")]
    private static partial void LogUninstalled(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of a service are left behind {service} {error}")]
    private static partial void LogLeftBehind(ILogger logger, string service, string error);
}
