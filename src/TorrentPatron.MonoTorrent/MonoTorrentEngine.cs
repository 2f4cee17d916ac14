using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.MonoTorrent;

/// <summary>MonoTorrent, as an engine to be chosen by its name.</summary>
public sealed class MonoTorrentEngine : ITorrentEngine
{
    internal const string EngineName = "MonoTorrent";

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public ITorrentClient CreateClient(ClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TorrentClient(
            settings, new SocketNetwork(settings.BindAddress), trackers: null, TimeProvider.System, new Random(), disk: null,
            (engine, hosts) => new MonoWorkshop(engine, hosts));
    }
}
