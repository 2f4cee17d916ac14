using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Storage;

/// <summary>A file of a torrent that is also another torrent's file.</summary>
/// <param name="File">Index of the file.</param>
/// <param name="Path">Its path.</param>
/// <param name="OtherTorrent">The other torrent.</param>
/// <param name="OtherName">The other torrent's name.</param>
/// <param name="MayAgree">
/// Whether both torrents may have the same bytes in it: the other has all of them, and the lengths are equal.
/// </param>
internal sealed record SharedFile(int File, string Path, TorrentId OtherTorrent, string OtherName, bool MayAgree);
