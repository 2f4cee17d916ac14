namespace TorrentPatron.Engine.Client;

/// <summary>
/// Where else on this machine to look for a torrent's data before downloading it. The engine's other torrents are always
/// searched.
/// </summary>
/// <param name="Folders">Absolute paths of folders or files. They are only read, and links in them are not followed.</param>
/// <param name="By">How the torrent gets the data that is found.</param>
public sealed record DataReuse(IReadOnlyList<string> Folders, ReuseMethod By = ReuseMethod.Copy)
{
    /// <summary>The most folders that are searched for one torrent.</summary>
    public const int MostFolders = 100;

    /// <summary>Search only the engine's other torrents.</summary>
    internal static DataReuse OfTorrents { get; } = new([]);
}
