namespace TorrentPatron.Engine.Client;

/// <summary>Where else on this machine a torrent's data is looked for before it is fetched. Other torrents of the engine are always looked at.</summary>
/// <param name="Folders">Absolute paths of folders or files, which are read only. Links in them are not followed.</param>
/// <param name="By">How what is found comes to the torrent.</param>
public sealed record DataReuse(IReadOnlyList<string> Folders, ReuseMethod By = ReuseMethod.Copy)
{
    /// <summary>The most folders that are looked through for a torrent.</summary>
    public const int MostFolders = 100;

    /// <summary>Other torrents alone.</summary>
    internal static DataReuse OfTorrents { get; } = new([]);
}
