namespace TorrentPatron.Engine.Network;

/// <summary>The machine's network interfaces. Thread-safe.</summary>
internal interface ILocalInterfaces
{
    /// <summary>Raised when they may have changed, on any thread; not every change is told.</summary>
    event Action? Changed;

    /// <summary>The interfaces as they are now; null: the system does not tell just now.</summary>
    IReadOnlyList<LocalInterface>? Find();
}
