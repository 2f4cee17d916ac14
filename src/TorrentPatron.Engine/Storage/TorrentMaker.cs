using System.Numerics;
using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Creates .torrent files (BEP 3, BEP 52) from files and folders.</summary>
public static class TorrentMaker
{
    /// <summary>
    /// Hashes a file, or everything in a folder sorted by path, and creates a .torrent from it. Links are followed, unless they
    /// are kept. Writes nothing.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">The torrent's options.</param>
    /// <param name="progress">Called after each piece, from several threads; null means not.</param>
    /// <param name="cancellationToken">Cancels within milliseconds.</param>
    /// <returns>The bytes of the .torrent file.</returns>
    /// <exception cref="StorageException">A file is missing, unreadable or changed meanwhile, or there is no data.</exception>
    /// <exception cref="ArgumentException">
    /// The options are invalid: for example, too many pieces, or an invalid tracker address.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<byte[]> MakeAsync(
        string path, TorrentMakerOptions options, IProgress<TorrentMakerProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        if (options.PieceLength is { } given && (!BitOperations.IsPow2(given) || given < PieceLengthChooser.Smallest))
            throw new ArgumentException("The piece length must be a power of two, 16 KiB or more.", nameof(options));
        // Before hours of hashing.
        TorrentBuilder.CheckAddresses(options.TrackerTiers, options.WebSeeds);
        TorrentBuilder.CheckHints(options.Similar, options.Collections, options.UpdateUrl);

        var workers = new DiskWorkers();
        await using (workers.ConfigureAwait(false))
        {
            SourceFiles source = await workers.RunAsync(() => SourceFiles.Find(path, options, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            if (options.Version != MetainfoVersion.V1)
                source = source with { Files = [.. source.Files.OrderBy(file => file.Path!, TreeOrder.Instance)] };
            long total = source.Files.Sum(file => file.Length);
            int pieceLength = options.PieceLength ?? PieceLengthChooser.ForSize(total);
            if (pieceLength > MetainfoReader.MaxPieceLength || total > (long)pieceLength * MetainfoReader.MaxPieces)
                throw new ArgumentException("This piece length makes pieces that are too many or too long.", nameof(options));

            FileLayout layout = Layout(source, options.Version, pieceLength);
            (byte[] v1, byte[] v2) = await HashAsync(layout, options.Version, workers, progress, cancellationToken).ConfigureAwait(false);
            return Build(source, options, pieceLength, v1, v2);
        }
    }

    private static FileLayout Layout(SourceFiles source, MetainfoVersion version, int pieceLength)
    {
        if (version == MetainfoVersion.V1)
            return new FileLayout(source.Folder, source.Name, pieceLength, source.Files.Select(file => (file.Path!, file.Length, IsStored: file.LinkTarget is null)));
        var files = new List<(string Path, string? RawPath, long Offset, long Length, bool IsStored)>();
        long offset = 0;
        foreach (TorrentBuilderFile file in source.Files)
        {
            long length = file.Length;
            if (length > 0 && offset % pieceLength is > 0 and var over)
                offset += pieceLength - over;
            files.Add((file.Path!, null, offset, length, file.LinkTarget is null));
            offset += length;
        }

        long count = (offset + pieceLength - 1) / pieceLength;
        return count <= MetainfoReader.MaxPieces
            ? new FileLayout(source.Folder, source.Name, pieceLength, files, endPieces: true)
            : throw new ArgumentException($"The files make {count} pieces, because each file starts a new one; the limit is {MetainfoReader.MaxPieces}.", nameof(source));
    }

    /// <summary>Starts the hash of a piece for a version.</summary>
    private static PieceHash Begin(FileLayout layout, MetainfoVersion version, int piece)
    {
        if (version == MetainfoVersion.V1)
            return PieceHash.BeginV1();
        int bytes = layout.PieceSize(piece);
        long length = layout.Files[layout.Find(layout.PieceOffset(piece))].Length;
        if (version == MetainfoVersion.V2)
            return PieceHash.BeginV2(bytes, length, layout.PieceLength);
        // Like libtorrent: there is padding after the last of several files too.
        bool isPadded = layout.Files.Count > 1;
        return PieceHash.BeginHybrid(bytes, length, layout.PieceLength, isPadded ? layout.PieceLength - bytes : 0);
    }

    private static async Task<(byte[] V1, byte[] V2)> HashAsync(
        FileLayout layout, MetainfoVersion version, DiskWorkers workers, IProgress<TorrentMakerProgress>? progress, CancellationToken cancellationToken)
    {
        using var storage = new TorrentStorage(layout, new FileHandlePool());
        IReadOnlyList<FileStamp?> before = await workers.RunAsync(storage.Stamps, cancellationToken).ConfigureAwait(false);

        byte[] v1 = new byte[version == MetainfoVersion.V2 ? 0 : layout.PieceCount * PieceHash.V1Length];
        byte[] v2 = new byte[version == MetainfoVersion.V1 ? 0 : layout.PieceCount * MerkleTree.HashLength];
        long total = layout.Files.Sum(file => file.Length);
        long done = 0;
        try
        {
            await new PieceHasher(storage, workers, piece => Begin(layout, version, piece)).HashAsync([.. Enumerable.Range(0, layout.PieceCount)], (piece, hash) =>
            {
                ReadOnlySpan<byte> sha1 = v1.Length == 0 ? default : hash[..PieceHash.V1Length];
                sha1.CopyTo(v1.AsSpan(piece * sha1.Length));
                if (v2.Length > 0)
                    hash[sha1.Length..].CopyTo(v2.AsSpan(piece * MerkleTree.HashLength));
                long now = Interlocked.Add(ref done, layout.PieceSize(piece));
                progress?.Report(new TorrentMakerProgress(now, total));
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            throw SourceFiles.Failure(e.Message, "Grant read access to all files, leave them unchanged meanwhile, and try again.", e);
        }

        IReadOnlyList<FileStamp?> after = await workers.RunAsync(storage.Stamps, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < after.Count; i++)
        {
            if (!layout.Files[i].IsStored || (after[i] == before[i] && after[i]?.Length == layout.Files[i].Length))
                continue;
            throw SourceFiles.Failure(
                $"'{layout.Files[i].FullPath}' changed while it was being read.", "Try again when no program is writing to it.");
        }

        return (v1, v2);
    }

    private static byte[] Build(SourceFiles source, TorrentMakerOptions options, int pieceLength, byte[] v1, byte[] v2) =>
        new TorrentBuilder
        {
            Name = options.Name ?? source.Name,
            Files = [.. source.Files.Select(file => file with { Path = source.IsFolder ? file.Path![(source.Name.Length + 1)..] : null })],
            PieceLength = pieceLength,
            Version = options.Version,
            PieceHashes = v1,
            PieceTreeHashes = v2,
            TrackerTiers = options.TrackerTiers,
            WebSeeds = options.WebSeeds,
            IsPrivate = options.IsPrivate,
            Comment = options.Comment,
            Source = options.Source,
            Similar = options.Similar,
            Collections = options.Collections,
            UpdateUrl = options.UpdateUrl,
            CreatedBy = options.CreatedBy,
            CreationDate = options.CreationDate,
        }.Build();

    /// <summary>The order of a file tree (BEP 52): by name, comparing UTF-8 bytes.</summary>
    private sealed class TreeOrder : IComparer<string>
    {
        public static TreeOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            string[] left = x!.Split('/'), right = y!.Split('/');
            for (int i = 0; i < left.Length && i < right.Length; i++)
            {
                int order = Encoding.UTF8.GetBytes(left[i]).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right[i]));
                if (order != 0)
                    return order;
            }

            return left.Length.CompareTo(right.Length);
        }
    }
}
