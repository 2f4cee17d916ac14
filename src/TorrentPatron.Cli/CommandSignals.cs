using System.Runtime.InteropServices;

namespace TorrentPatron.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP (on Windows also the shutdown and the closing of the console) tell the command to end; it has some
/// seconds to tell the trackers and save its state.
/// </summary>
/// <remarks>
/// What SIGTERM or SIGHUP has interrupted is ended by the signal itself in the end: shells call that 143 and 129, and systemd a
/// clean stop, which it does not call an exit code above 128. Where SIGHUP is ignored, by nohup, it stays so.
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

    /// <summary>Tells the command to end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The command has ended, and the process is about to.</summary>
    /// <param name="exitCode">What it has returned.</param>
    /// <returns>What the process returns; not at all where the signal ends it.</returns>
    public int End(int exitCode)
    {
        var signal = (PosixSignal)Volatile.Read(ref _signal);
        _isInterrupted = exitCode == ExitCode.Interrupted && signal is PosixSignal.SIGTERM or PosixSignal.SIGHUP;
        _ended.Set();
        if (!_isInterrupted)
            return exitCode;

        // The signal's own end is on its way.
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
        // Closing a terminal may send two: the first one counts, and all wait for the same end.
        if (Interlocked.CompareExchange(ref _signal, (int)context.Signal, 0) == 0)
        {
            // On other threads: the end of the command runs there, and waits for this one to return.
            _ = _stop.CancelAsync();
        }

        context.Cancel = _ended.Wait(StopTime) && !_isInterrupted;
    }
}
