using TorrentPatron.Engine.Client;

namespace TorrentPatron.MonoTorrent;

/// <summary>MonoTorrent, as an engine to be chosen by its name.</summary>
public sealed class MonoTorrentEngine : ITorrentEngine
{
    internal const string EngineName = "MonoTorrent";

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public ITorrentClient CreateClient(ClientSettings settings) => new MonoTorrentClient(settings, TimeProvider.System);
}
