namespace TorrentPatron.Engine.Storage;

/// <summary>A torrent whose files may be those of another torrent too.</summary>
internal interface IFileOwner
{
    /// <summary>Its files and where they are; twice while they are on their way to another folder.</summary>
    IEnumerable<(TorrentFiles Files, FilePlace Place)> Places();
}
