using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Swarms;

namespace TorrentPatron.Engine;

/// <summary>The engine that is always there: <see cref="TorrentClient"/>.</summary>
public sealed class BuiltInEngine : ITorrentEngine
{
    /// <summary>What it is called.</summary>
    public const string EngineName = SwarmWorkshop.EngineName;

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public ITorrentClient CreateClient(ClientSettings settings) => new TorrentClient(settings);
}
