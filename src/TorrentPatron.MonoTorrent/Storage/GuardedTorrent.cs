using System.Globalization;
using System.Text;
using MonoTorrent;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.MonoTorrent.Storage;

/// <summary>Creates MonoTorrent's view of a torrent that has been read and checked before.</summary>
internal static class GuardedTorrent
{
    /// <summary>Creates the view.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="announce">The address that MonoTorrent uses as its tracker.</param>
    /// <param name="folder">The folder that MonoTorrent uses as its destination.</param>
    /// <exception cref="RefusedException">MonoTorrent cannot run the torrent, or would write outside its folder.</exception>
    public static Torrent Make(TorrentMetainfo metainfo, Uri announce, string folder)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            throw new RefusedException(new TorrentError(
                TorrentErrorId.UnsupportedSource, $"'{metainfo.Name}' is a version 2 torrent, which the MonoTorrent engine does not support.",
                "Use the built-in engine, or a version 1 or hybrid torrent with the same content."));
        }

        // It creates empty files itself, and would do so through a link.
        if (metainfo.Files.Any(file => file.IsLink))
            throw Unreadable(metainfo, "it contains symbolic links.");

        Torrent torrent;
        try
        {
            torrent = Torrent.Load(Reduce(metainfo, announce));
        }
#pragma warning disable CA1031 // Its reader may throw anything for a torrent that ours accepts.
        catch (Exception e)
#pragma warning restore CA1031
        {
            throw Unreadable(metainfo, DisplayText.Clean(e.Message));
        }

        RefuseEscapes(metainfo, torrent, folder);
        Compare(metainfo, torrent);
        return torrent;
    }

    /// <summary>
    /// Writes the part of the .torrent that it needs: without web seeds, DHT nodes or trackers, which it would contact unguarded.
    /// </summary>
    private static byte[] Reduce(TorrentMetainfo metainfo, Uri announce)
    {
        using var reduced = new MemoryStream();
        Write(string.Create(CultureInfo.InvariantCulture, $"d8:announce{announce.OriginalString.Length}:{announce.OriginalString}4:info"));
        reduced.Write(metainfo.RawInfo.Span);
        if (!metainfo.RawPieceLayers.IsEmpty)
        {
            Write("12:piece layers");
            reduced.Write(metainfo.RawPieceLayers.Span);
        }

        Write("e");
        return reduced.ToArray();

        void Write(string text) => reduced.Write(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>
    /// Rejects a torrent whose files MonoTorrent would write outside its folder. It uses the names in the .torrent as they are.
    /// Our storage keeps the files elsewhere, but MonoTorrent creates empty files itself.
    /// </summary>
    private static void RefuseEscapes(TorrentMetainfo metainfo, Torrent torrent, string folder)
    {
        string below = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        foreach (ITorrentFile file in torrent.Files)
        {
            if (Resolve(below, torrent.Name, file.Path) is { } path && path.StartsWith(below, StringComparison.Ordinal)
                && Resolve(below, "", file.Path) is { } bare && bare.StartsWith(below, StringComparison.Ordinal))
                continue;
            throw new RefusedException(new TorrentError(
                TorrentErrorId.InvalidTorrent,
                $"MonoTorrent would write the file '{DisplayText.Clean(file.Path)}' of '{metainfo.Name}' outside the destination.",
                "Do not trust this torrent; the built-in engine would give the file a safe name."));
        }
    }

    private static string? Resolve(string folder, string name, string path)
    {
        try
        {
            return Path.GetFullPath(Path.Combine(folder, name, path));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Checks that our offsets, which are used for reading and writing, equal MonoTorrent's.</summary>
    private static void Compare(TorrentMetainfo metainfo, Torrent torrent)
    {
        var ours = metainfo.Files.Where(file => file is { IsPadding: false, Length: > 0 }).Select(file => (file.Offset, file.Length));
        HashSet<long> padding = [.. metainfo.Files.Where(file => file.IsPadding).Select(file => file.Offset)];
        var its = torrent.Files.Where(file => file.Length > 0 && !padding.Contains(file.OffsetInTorrent)).Select(file => (file.OffsetInTorrent, file.Length));
        if (torrent.InfoHashes.V1 is not { } hash || !hash.Span.SequenceEqual(metainfo.InfoHash.ToArray())
            || torrent.PieceLength != metainfo.PieceLength || torrent.PieceCount != metainfo.PieceCount || !its.SequenceEqual(ours))
            throw Unreadable(metainfo, "it reads different pieces or files in it.");
    }

    private static RefusedException Unreadable(TorrentMetainfo metainfo, string why) => new(new TorrentError(
        TorrentErrorId.NotSupported, $"MonoTorrent cannot run '{metainfo.Name}': {why}", "Use the built-in engine for this torrent."));
}
