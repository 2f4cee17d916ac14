using System.Runtime.InteropServices;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>
/// Listens for SIGTERM and SIGHUP, and on Windows for their counterparts, shutdown and the closing of the console. .NET does not raise
/// ProcessExit for them.
/// </summary>
/// <remarks>
/// The process then ends by the signal, as it would have without this class: no code of the script runs any more, and the sender sees
/// that the signal was heeded. SIGHUP stays ignored if it is, as with nohup.
/// </remarks>
internal sealed class TerminationSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    /// <param name="finish">Runs before the process ends, on any thread, which it may block.</param>
    public TerminationSignals(Action finish) => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => finish()),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => finish()),
    ];

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
