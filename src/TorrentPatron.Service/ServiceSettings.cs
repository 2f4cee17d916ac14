using System.Collections.ObjectModel;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>What a <see cref="TorrentService"/> is made with.</summary>
public sealed record ServiceSettings
{
    /// <summary>Which engine the service has, by its name (see <see cref="Engines.EngineCatalog"/>).</summary>
    public string Engine { get; init; } = BuiltInEngine.EngineName;

    /// <summary>What the service's engine is made with.</summary>
    public ClientSettings Client { get; init; } = new();

    /// <summary>
    /// The folder of the saved state; by default the platform's per-user place (see <see cref="StateFolder.DefaultPath"/>).
    /// </summary>
    public string StatePath { get; init; } = StateFolder.DefaultPath;

    /// <summary>
    /// Absolute paths of the folders below which destinations must lie; no link below them is followed. Empty: torrents may lie anywhere.
    /// </summary>
    public ReadOnlyCollection<string> Roots { get; init; } = [];
}
