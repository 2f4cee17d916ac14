using System.Collections.ObjectModel;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>The settings of a <see cref="TorrentService"/>.</summary>
public sealed record ServiceSettings
{
    /// <summary>The name of the service's engine (see <see cref="Engines.EngineCatalog"/>).</summary>
    public string Engine { get; init; } = BuiltInEngine.EngineName;

    /// <summary>The settings of the service's engine.</summary>
    public ClientSettings Client { get; init; } = new();

    /// <summary>
    /// The folder of the saved state; by default the platform's per-user folder (see <see cref="StateFolder.DefaultPath"/>).
    /// </summary>
    public string StatePath { get; init; } = StateFolder.DefaultPath;

    /// <summary>
    /// Absolute paths of the folders below which destinations must be; links below them are not followed. Empty allows any destination.
    /// </summary>
    public ReadOnlyCollection<string> Roots { get; init; } = [];
}
