using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.MonoTorrent;

/// <summary>MonoTorrent as an engine that can be selected by name.</summary>
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
            settings, new NetworkBinding(settings.BindTarget, SystemInterfaces.Instance, TimeProvider.System), TimeProvider.System,
            (engine, hosts) => new MonoWorkshop(engine, hosts));
    }
}
