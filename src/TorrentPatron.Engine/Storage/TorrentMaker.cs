using System.Numerics;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Makes .torrent files (v1, BEP 3) of files and folders.</summary>
public static class TorrentMaker
{
    /// <summary>
    /// Hashes a file, or everything in a folder in the order of the paths, and makes a .torrent of it. Links are followed.
    /// Nothing is written.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">What the torrent is to be like.</param>
    /// <param name="progress">Is told after each piece, from several threads; null: nobody is.</param>
    /// <param name="cancellationToken">Ends it within milliseconds.</param>
    /// <returns>The bytes of the .torrent file.</returns>
    /// <exception cref="StorageException">A file is missing, unreadable or changed meanwhile, or there are no bytes.</exception>
    /// <exception cref="ArgumentException">The options make no torrent: too many pieces, or a tracker without an address.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<byte[]> MakeAsync(
        string path, TorrentMakerOptions options, IProgress<TorrentMakerProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        if (options.PieceLength is { } given && (!BitOperations.IsPow2(given) || given < PieceLengthChooser.Smallest))
            throw new ArgumentException("The piece length must be a power of two from 16 KiB.", nameof(options));
        // Before hours of hashing.
        TorrentBuilder.CheckAddresses(options.TrackerTiers, options.WebSeeds);

        var workers = new DiskWorkers();
        await using (workers.ConfigureAwait(false))
        {
            SourceFiles source = await workers.RunAsync(() => SourceFiles.Find(path, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            long total = source.Files.Sum(file => file.Length);
            int pieceLength = options.PieceLength ?? PieceLengthChooser.ForSize(total);
            if (pieceLength > MetainfoReader.MaxPieceLength || total > (long)pieceLength * MetainfoReader.MaxPieces)
                throw new ArgumentException("Such a piece length gives too many or too long pieces.", nameof(options));

            var layout = new FileLayout(source.Folder, source.Name, pieceLength,
                source.Files.Select(file => (file.Path, file.Length, IsStored: true)));
            byte[] hashes = await HashAsync(layout, workers, progress, cancellationToken).ConfigureAwait(false);
            return Build(source, options, pieceLength, hashes);
        }
    }

    private static async Task<byte[]> HashAsync(
        FileLayout layout, DiskWorkers workers, IProgress<TorrentMakerProgress>? progress, CancellationToken cancellationToken)
    {
        using var storage = new TorrentStorage(layout, new FileHandlePool());
        IReadOnlyList<FileStamp?> before = await workers.RunAsync(storage.Stamps, cancellationToken).ConfigureAwait(false);

        byte[] hashes = new byte[layout.PieceCount * PieceHash.V1Length];
        long done = 0;
        try
        {
            await new PieceHasher(storage, workers, _ => PieceHash.BeginV1()).HashAsync([.. Enumerable.Range(0, layout.PieceCount)], (piece, hash) =>
            {
                hash.CopyTo(hashes.AsSpan(piece * hash.Length));
                long now = Interlocked.Add(ref done, layout.PieceSize(piece));
                progress?.Report(new TorrentMakerProgress(now, layout.TotalSize));
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            throw SourceFiles.Failure(e.Message, "Allow reading all files, leave them as they are meanwhile, and try again.", e);
        }

        IReadOnlyList<FileStamp?> after = await workers.RunAsync(storage.Stamps, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < after.Count; i++)
        {
            if (after[i] == before[i] && after[i]?.Length == layout.Files[i].Length)
                continue;
            throw SourceFiles.Failure(
                $"'{layout.Files[i].FullPath}' has changed while it was read.", "Try again when it is finished.");
        }

        return hashes;
    }

    private static byte[] Build(SourceFiles source, TorrentMakerOptions options, int pieceLength, byte[] hashes) =>
        new TorrentBuilder
        {
            Name = options.Name ?? source.Name,
            Files = [.. source.Files.Select(file =>
                new TorrentBuilderFile(source.IsFolder ? file.Path[(source.Name.Length + 1)..] : null, file.Length))],
            PieceLength = pieceLength,
            PieceHashes = hashes,
            TrackerTiers = options.TrackerTiers,
            WebSeeds = options.WebSeeds,
            IsPrivate = options.IsPrivate,
            Comment = options.Comment,
            Source = options.Source,
            CreatedBy = options.CreatedBy,
            CreationDate = options.CreationDate,
        }.Build();
}
