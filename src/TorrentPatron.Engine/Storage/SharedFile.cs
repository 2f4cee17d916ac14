using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Storage;

/// <summary>A file of a torrent that is another torrent's file too.</summary>
/// <param name="File">Index of the file.</param>
/// <param name="Path">Its path.</param>
/// <param name="OtherTorrent">The other torrent.</param>
/// <param name="OtherName">What the other torrent is called.</param>
/// <param name="MayAgree">Whether both torrents may have the same bytes in it: the other has all of them, and they are as many.</param>
internal sealed record SharedFile(int File, string Path, TorrentId OtherTorrent, string OtherName, bool MayAgree);
