using System.Runtime.InteropServices;
using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Signals;

/// <summary>
/// Turns the first SIGINT or SIGTERM into a cancelled token. A second one has the operating system's effect: the process ends
/// at once.
/// </summary>
internal sealed class ShutdownSignal : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<string> _onSignal;

    public ShutdownSignal(Action<string> onSignal)
    {
        _onSignal = onSignal;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
    }

    public CancellationToken Asked => _asked.Token;

    /// <summary>Runs a command; that it was asked to end before it had begun in full is no failure.</summary>
    /// <returns>The command's status.</returns>
    public async Task<int> RunAsync(Func<CancellationToken, Task<int>> command)
    {
        try
        {
            return await command(_asked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_asked.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    /// <summary>Asks as the signal of this name would.</summary>
    public void Ask(string signal)
    {
        _onSignal(signal);
        _asked.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _asked.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_asked.IsCancellationRequested)
        {
            return;
        }

        context.Cancel = true;
        Ask(context.Signal == PosixSignal.SIGINT ? "interrupt" : "terminated");
    }
}
