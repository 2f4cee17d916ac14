using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Swarms;

namespace TorrentPatron.Engine;

/// <summary>The built-in engine: <see cref="TorrentClient"/>.</summary>
public sealed class BuiltInEngine : ITorrentEngine
{
    /// <summary>Its name.</summary>
    public const string EngineName = SwarmWorkshop.EngineName;

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public ITorrentClient CreateClient(ClientSettings settings) => new TorrentClient(settings);
}
