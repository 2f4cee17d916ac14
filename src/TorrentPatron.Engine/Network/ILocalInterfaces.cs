namespace TorrentPatron.Engine.Network;

/// <summary>The machine's network interfaces. Thread-safe.</summary>
internal interface ILocalInterfaces
{
    /// <summary>Raised when they may have changed, on any thread; not every change is reported.</summary>
    event Action? Changed;

    /// <summary>The current interfaces; null if the system cannot list them now.</summary>
    IReadOnlyList<LocalInterface>? Find();
}
