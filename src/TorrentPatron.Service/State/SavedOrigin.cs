using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.State;

/// <summary>
/// What a torrent is started from, as it lies in the torrent's folder: its metainfo or, as long as that is not known, its magnet link.
/// </summary>
/// <param name="folder">The torrent's folder in the state folder.</param>
internal sealed class SavedOrigin(string folder)
{
    /// <summary>Content that is hashed again in a moment, so that no wait for the medium is worth it.</summary>
    private const long CheapToHash = 64L << 20;

    private TorrentMetainfo? _metainfo;
    private MagnetLink? _magnet;
    private bool _isSaved;

    /// <summary>Path of the metainfo, whether it is there or not.</summary>
    public string MetainfoPath => Path.Combine(folder, StateFolder.MetainfoName);

    /// <summary>Whether anything has been saved.</summary>
    public bool Exists => HasMetainfo || HasMagnet;

    /// <summary>Whether a metainfo has been saved.</summary>
    public bool HasMetainfo => File.Exists(MetainfoPath);

    /// <summary>Whether a magnet link has been saved.</summary>
    public bool HasMagnet => File.Exists(MagnetPath);

    private string MagnetPath => Path.Combine(folder, StateFolder.MagnetName);

    private string States => Path.GetDirectoryName(folder)!;

    /// <summary>Takes what the torrent is started from; see <see cref="Save"/>.</summary>
    public void Set(MagnetLink magnet) => (_magnet, _isSaved) = (magnet, false);

    /// <summary>Takes what the torrent is started from; see <see cref="Save"/>.</summary>
    /// <param name="metainfo">What is in the torrent.</param>
    /// <param name="isSaved">Whether that lies in the folder already, and no magnet link beside it.</param>
    public void Set(TorrentMetainfo metainfo, bool isSaved) => (_metainfo, _isSaved) = (metainfo, isSaved);

    /// <summary>Saves it, where that has not been done; a magnet link goes when the metainfo is there.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public void Save()
    {
        if (_isSaved)
            return;
        if (_metainfo is not null)
        {
            // What was fetched from peers may never be had again: it waits for the medium.
            Write(MetainfoPath, _metainfo.Raw.Span, flush: _magnet is not null || _metainfo.TotalSize > CheapToHash);
            if (GuardedFile.Exists(MagnetPath))
                GuardedFile.Delete(States, MagnetPath);
        }
        else if (_magnet is not null)
        {
            Write(MagnetPath, Encoding.UTF8.GetBytes(_magnet.ToString()), flush: true);
        }

        _isSaved = true;
    }

    /// <summary>The metainfo; null where none is saved, or none of that torrent can be read.</summary>
    /// <param name="torrent">The torrent that it must be of.</param>
    public TorrentMetainfo? ReadMetainfo(TorrentId torrent)
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

    /// <summary>The magnet link; null where none is saved, or none of that torrent can be read.</summary>
    /// <param name="torrent">The torrent that it must be of.</param>
    public MagnetLink? ReadMagnet(TorrentId torrent)
    {
        try
        {
            // Most torrents never had one: a look is cheaper than the walk to it.
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
            // Whatever that is, it goes.
            return false;
        }
    }
}
