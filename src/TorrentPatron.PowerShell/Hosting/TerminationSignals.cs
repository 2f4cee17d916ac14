using System.Runtime.InteropServices;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>
/// Listens for SIGTERM and SIGHUP; on Windows for what stands for them, the shutdown and the closing of the console. .NET raises
/// ProcessExit for none of them.
/// </summary>
/// <remarks>
/// The process then ends by the signal, as it would have ended without us: no code of the script runs any more, and whoever sent the
/// signal sees that it was heeded. Where SIGHUP is ignored, by nohup, it stays so.
/// </remarks>
internal sealed class TerminationSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    /// <param name="finish">Does what is to be done before the process ends; called on any thread, which it may block.</param>
    public TerminationSignals(Action finish) => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => finish()),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => finish()),
    ];

    /// <summary>Listens no longer.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
