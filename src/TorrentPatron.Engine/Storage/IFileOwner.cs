namespace TorrentPatron.Engine.Storage;

/// <summary>A torrent whose files may also be another torrent's.</summary>
internal interface IFileOwner
{
    /// <summary>Its files and their locations; two while a move is in progress.</summary>
    IEnumerable<(TorrentFiles Files, FilePlace Place)> Places();
}
