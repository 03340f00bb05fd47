using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Culvert.CommandLine.Signals;

/// <summary>
/// SIGHUP, which asks for the configuration to be read again. From a terminal that was closed it means that the process has to
/// stop, as it does without this.
/// </summary>
internal sealed class HangupSignal : IDisposable
{
    // Several that come while one is obeyed are one.
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration? _registration;

    /// <param name="onTerminalClosed">Called when the terminal that the process belonged to was closed.</param>
    public HangupSignal(Action onTerminalClosed)
    {
        // On Windows it is the closing of the console, which nothing outlives.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var hadTerminal = HasTerminal();
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (hadTerminal && !HasTerminal())
            {
                onTerminalClosed();
            }
            else
            {
                _asked.Writer.TryWrite(true);
            }
        });
    }

    /// <summary>Waits for the next request to read again.</summary>
    public ValueTask<bool> AskedAsync(CancellationToken cancellationToken) => _asked.Reader.ReadAsync(cancellationToken);

    public void Dispose() => _registration?.Dispose();

    private static bool HasTerminal()
    {
        try
        {
            using var terminal = File.OpenHandle("/dev/tty");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
