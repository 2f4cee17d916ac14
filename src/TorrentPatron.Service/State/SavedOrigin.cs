using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.State;

/// <summary>
/// The origin of a torrent, saved in its folder: its metainfo or, while that is not known, its magnet link.
/// </summary>
/// <param name="folder">The torrent's folder in the state folder.</param>
/// <param name="torrent">The id with which it is saved.</param>
internal sealed class SavedOrigin(string folder, TorrentId torrent)
{
    /// <summary>Content that can be hashed again in a moment, so that no flush is worth its wait.</summary>
    private const long CheapToHash = 64L << 20;

    private TorrentMetainfo? _metainfo;
    private MagnetLink? _magnet;
    private bool _isSaved;

    /// <summary>Path of the metainfo, whether or not it exists.</summary>
    public string MetainfoPath => Path.Combine(folder, StateFolder.MetainfoName);

    /// <summary>Whether anything has been saved.</summary>
    public bool Exists => HasMetainfo || HasMagnet;

    /// <summary>Whether a metainfo has been saved.</summary>
    public bool HasMetainfo => File.Exists(MetainfoPath);

    /// <summary>Whether a magnet link has been saved.</summary>
    public bool HasMagnet => File.Exists(MagnetPath);

    /// <summary>The torrent's id with all hashes that were set or can be read; null if nothing is saved.</summary>
    public TorrentId? KnownId => (_metainfo ?? ReadMetainfo())?.TorrentId ?? (_magnet ?? ReadMagnet())?.TorrentId;

    private string MagnetPath => Path.Combine(folder, StateFolder.MagnetName);

    private string States => Path.GetDirectoryName(folder)!;

    /// <summary>Sets the origin to save; see <see cref="Save"/>.</summary>
    public void Set(MagnetLink magnet) => (_magnet, _isSaved) = (magnet, false);

    /// <summary>Sets the origin to save; see <see cref="Save"/>.</summary>
    /// <param name="metainfo">The metainfo.</param>
    /// <param name="isSaved">Whether it is already saved in the folder, without a magnet link beside it.</param>
    public void Set(TorrentMetainfo metainfo, bool isSaved) =>
        // An earlier release has not noted the other hash of a hybrid.
        (_metainfo, _isSaved) = (metainfo, isSaved && new SavedHybrids(States).IsNoted(torrent, metainfo.TorrentId));

    /// <summary>Saves the origin if it is not saved yet; metainfo replaces a magnet link.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public void Save()
    {
        if (_isSaved)
            return;
        if (_metainfo is not null)
        {
            // Metadata from peers may never be available again, so it is flushed.
            Write(MetainfoPath, _metainfo.Raw.Span, flush: _magnet is not null || _metainfo.TotalSize > CheapToHash);
            if (GuardedFile.Exists(MagnetPath))
                GuardedFile.Delete(States, MagnetPath);
        }
        else if (_magnet is not null)
        {
            Write(MagnetPath, Encoding.UTF8.GetBytes(_magnet.ToString()), flush: true);
        }

        if ((_metainfo?.TorrentId ?? _magnet?.TorrentId) is { } known)
            new SavedHybrids(States).Note(torrent, known);
        _isSaved = true;
    }

    /// <summary>The metainfo; null if none of this torrent is saved or can be read.</summary>
    public TorrentMetainfo? ReadMetainfo()
    {
        try
        {
            return Read(MetainfoPath, MetainfoReader.MaxFileBytes) is { } file
                && MetainfoReader.Read(file) is var metainfo && torrent.Matches(metainfo.TorrentId)
                ? metainfo
                : null;
        }
        catch (Exception fault) when (fault is MetainfoException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The magnet link; null if none of this torrent is saved or can be read.</summary>
    public MagnetLink? ReadMagnet()
    {
        try
        {
            // Most torrents never had one: checking for the file is cheaper than walking to it.
            return GuardedFile.Exists(MagnetPath) && Read(MagnetPath, MagnetLink.MaxLength * 4) is { } file
                && MagnetLink.TryParse(Encoding.UTF8.GetString(file), out MagnetLink? magnet, out _) && magnet.TorrentId == torrent
                ? magnet
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private byte[]? Read(string path, int maxBytes)
    {
        try
        {
            return StateFile.Read(States, path, maxBytes);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private void Write(string path, ReadOnlySpan<byte> content, bool flush)
    {
        if (!IsThere(path, content))
            StateFile.Write(States, path, content, flush);
    }

    private bool IsThere(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            return GuardedFile.Exists(path) && Read(path, content.Length) is { } there && there.AsSpan().SequenceEqual(content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // Anything else in its place is deleted too.
            return false;
        }
    }
}
