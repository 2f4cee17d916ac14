using System.Runtime.InteropServices;

namespace TorrentPatron.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP (on Windows also shutdown and the closing of the console) end the command, which then has some seconds to
/// inform the trackers and save its state.
/// </summary>
/// <remarks>
/// A command that SIGTERM or SIGHUP interrupted finally ends by the signal itself: shells show that as 143 and 129, and systemd treats it as a
/// clean stop, unlike an exit code above 128. SIGHUP stays ignored if it is, as with nohup.
/// </remarks>
internal sealed class CommandSignals : IDisposable
{
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;
    private volatile bool _isInterrupted;

    /// <summary>Begins to listen.</summary>
    public CommandSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    /// <summary>Cancelled by a signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Ends the process after the command has ended.</summary>
    /// <param name="exitCode">The command's exit code.</param>
    /// <returns>The exit code of the process; does not return if a signal ends it.</returns>
    public int End(int exitCode)
    {
        var signal = (PosixSignal)Volatile.Read(ref _signal);
        _isInterrupted = exitCode == ExitCode.Interrupted && signal is PosixSignal.SIGTERM or PosixSignal.SIGHUP;
        _ended.Set();
        if (!_isInterrupted)
            return exitCode;

        // The signal is about to end the process.
        Thread.Sleep(StopTime);
        return signal == PosixSignal.SIGTERM ? ExitCode.Terminated : ExitCode.HungUp;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
        _ended.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Closing a terminal may send two signals: the first counts, and all wait for the same end.
        if (Interlocked.CompareExchange(ref _signal, (int)context.Signal, 0) == 0)
        {
            // On another thread: the command's end runs there and waits for this handler to return.
            _ = _stop.CancelAsync();
        }

        context.Cancel = _ended.Wait(StopTime) && !_isInterrupted;
    }
}
