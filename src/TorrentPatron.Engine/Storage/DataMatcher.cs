using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Finds a torrent's data in a folder without starting the torrent: files at their expected paths, and files that were renamed or
/// moved, by size and hashes. It writes nothing.
/// </summary>
/// <remarks>
/// All files at their expected paths are checked first. For each one that is missing or has no good piece, files of the same size
/// are tried: with pieces that lie in this file alone or, if there are none, with shared pieces, together with its neighbours.
/// Then their pieces are checked.
/// </remarks>
public sealed class DataMatcher
{
    /// <summary>Maximum number of files of the same size to try for one file.</summary>
    private const int MostCandidates = 32;

    private readonly TorrentMetainfo _metainfo;
    private readonly FileLayout _layout;
    private readonly PieceVerifier _verifier;
    private readonly DiskWorkers _workers;
    private readonly FoundFiles _found;
    private readonly IProgress<DataMatchProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly DataFile?[] _paths;
    private readonly FileMatcher _matcher;
    private readonly Bitfield _good;
    private readonly bool[] _isRenamed;

    /// <summary>Files that were found by the SHA-1 of the whole file; other candidates are not tried for them.</summary>
    private readonly HashSet<int> _byHash = [];
    private long _bytesDone;
    private long _bytesTotal;

    private DataMatcher(
        TorrentMetainfo metainfo, FileLayout layout, FoundFiles found, DiskWorkers workers, IProgress<DataMatchProgress>? progress, CancellationToken cancellationToken)
    {
        (_metainfo, _layout, _found, _workers, _progress, _cancellation) = (metainfo, layout, found, workers, progress, cancellationToken);
        _verifier = PieceVerifier.For(metainfo).ForFiles();
        _paths = new DataFile?[layout.Files.Count];
        _isRenamed = new bool[layout.Files.Count];
        _good = new Bitfield(layout.PieceCount);
        _matcher = new FileMatcher(layout, new PieceReader(layout, _verifier, cancellationToken), _paths, _good, IsLacking, Candidates, cancellationToken);
    }

    /// <summary>Finds the data.</summary>
    /// <param name="metainfo">The torrent. A v2 torrent must have its piece layers.</param>
    /// <param name="path">
    /// The folder to search: one that contains the torrent's folder or file, that folder itself, or any other; or a file. Links
    /// in it are not followed.
    /// </param>
    /// <param name="progress">Called after each piece, from several threads; null for no progress.</param>
    /// <param name="cancellationToken">Cancels within milliseconds.</param>
    /// <exception cref="StorageException">The folder does not exist, or a file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<DataMatch> MatchAsync(
        TorrentMetainfo metainfo, string path, IProgress<DataMatchProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var workers = new DiskWorkers();
        await using (workers.ConfigureAwait(false))
        {
            FoundFiles found = await workers.RunAsync(() => FoundFiles.Find(path, cancellationToken), cancellationToken).ConfigureAwait(false);
            var matcher = new DataMatcher(metainfo, new FileLayout(metainfo, found.Folder), found, workers, progress, cancellationToken);
            return await matcher.MatchAsync().ConfigureAwait(false);
        }
    }

    private async Task<DataMatch> MatchAsync()
    {
        await _workers.RunAsync(TakeExpected, _cancellation).ConfigureAwait(false);
        await CheckAsync(Enumerable.Range(0, _layout.PieceCount)).ConfigureAwait(false);
        await TakeAsync(_matcher.FindAlone).ConfigureAwait(false);
        await TakeAsync(FindByHash).ConfigureAwait(false);
        await TakeAsync(_matcher.FindTogether).ConfigureAwait(false);
        if (_byHash.Count > 0)
        {
            // Nothing proves those hashes: if they are wrong, the files are found without them.
            _byHash.Clear();
            await TakeAsync(_matcher.FindTogether).ConfigureAwait(false);
        }

        return Result();
    }

    private async Task TakeAsync(Func<List<int>> find)
    {
        List<int> renamed = await _workers.RunAsync(find, _cancellation).ConfigureAwait(false);
        foreach (int file in renamed)
            _isRenamed[file] = true;
        await CheckAsync(renamed.SelectMany(PiecesOf).Where(piece => !_good[piece]).Distinct()).ConfigureAwait(false);
    }

    /// <summary>Takes the files at their expected paths, preferring complete ones.</summary>
    private void TakeExpected()
    {
        for (int index = 0; index < _paths.Length; index++)
        {
            if (!_layout.Files[index].IsStored)
                continue;
            string? any = null;
            foreach (string path in ExpectedPaths(index))
            {
                if (_found.LengthOf(path) is not { } length)
                    continue;
                any ??= path;
                if (length != _layout.Files[index].Length)
                    continue;
                any = path;
                break;
            }

            _paths[index] = any is null ? null : new DataFile(_found.Folder, any);
        }
    }

    /// <summary>
    /// The expected paths: below the folder, and below the folder without the torrent's own, with the safe names and the
    /// torrent's original ones.
    /// </summary>
    private IEnumerable<string> ExpectedPaths(int index)
    {
        TorrentFileEntry file = _metainfo.Files[index];
        string?[] relative = [file.Path, file.RawPath];
        foreach (string path in relative.OfType<string>())
        {
            yield return _found.FullPath(path);
            if (path.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
                yield return _found.FullPath(path[(slash + 1)..]);
        }
    }

    /// <summary>Whether the expected places of a file have no good data.</summary>
    private bool IsLacking(int index) => !_byHash.Contains(index) && _layout.Files[index] is { IsStored: true } file
        && (_paths[index] is null || (file.Length > 0 && _layout.BytesIn(index, _good) == 0));

    /// <summary>The files of the same size, those with the same name first.</summary>
    private IEnumerable<DataFile> Candidates(int index)
    {
        string name = Path.GetFileName(_layout.Files[index].FullPath);
        return _found.OfLength(_layout.Files[index].Length)
            .Where(path => path != _paths[index]?.Path)
            .OrderBy(path => Path.GetFileName(path) == name ? 0 : 1)
            .Take(MostCandidates)
            .Select(path => new DataFile(_found.Folder, path));
    }

    /// <summary>
    /// Finds files that share all their pieces with others by the SHA-1 of the whole file, which a v1 torrent may contain (BEP 47). This finds
    /// them even if one piece has too many of them to try every combination, or if an adjacent file is missing.
    /// </summary>
    private List<int> FindByHash()
    {
        var taken = new List<int>();
        for (int index = 0; index < _paths.Length; index++)
        {
            // A longer file was searched for by a piece that lies only in it.
            ReadOnlyMemory<byte> sha1 = _metainfo.Files[index].Sha1;
            long length = _layout.Files[index].Length;
            if (sha1.IsEmpty || length == 0 || length > 2L * _metainfo.PieceLength || !IsLacking(index))
                continue;
            IEnumerable<DataFile> there = _paths[index] is { } known ? [known] : [];
            if (there.Concat(Candidates(index)).FirstOrDefault(file => HasSha1(file, length, sha1.Span)) is not { } found)
                continue;
            _byHash.Add(index);
            if (found == _paths[index])
                continue;
            _paths[index] = found;
            taken.Add(index);
        }

        return taken;
    }

    private bool HasSha1(DataFile file, long length, ReadOnlySpan<byte> sha1)
    {
        _cancellation.ThrowIfCancellationRequested();
        try
        {
            using SafeFileHandle handle = GuardedFile.Open(file.Top, file.Path, FileMode.Open, FileAccess.Read);
#pragma warning disable CA5350 // BEP 47 names the SHA-1.
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
            byte[] buffer = new byte[(int)Math.Min(length, 256 << 10)];
            for (long at = 0; at < length;)
            {
                int read = RandomAccess.Read(handle, buffer, at);
                if (read == 0)
                    return false;
                hash.AppendData(buffer.AsSpan(0, read));
                at += read;
            }

            return hash.GetHashAndReset().AsSpan().SequenceEqual(sha1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private IEnumerable<int> PiecesOf(int index)
    {
        (int first, int count) = _layout.PiecesOfFile(index);
        return Enumerable.Range(first, count);
    }

    private async Task CheckAsync(IEnumerable<int> pieces)
    {
        using var storage = new TorrentStorage(_layout.At([.. _paths.Select(file => file?.Path)]), new FileHandlePool());
        Bitfield possible = await _workers.RunAsync(() => storage.PossiblePieces(storage.Stamps()), _cancellation).ConfigureAwait(false);
        var wanted = new Bitfield(possible.Length);
        foreach (int piece in pieces.Where(piece => possible[piece]))
        {
            wanted.Set(piece);
            _bytesTotal += _layout.PieceSize(piece);
        }

        Bitfield good = await new PieceChecker(storage, _verifier, _workers).CheckAsync(
            wanted, (piece, _) => _progress?.Report(new DataMatchProgress(Interlocked.Add(ref _bytesDone, _layout.PieceSize(piece)), _bytesTotal)), _cancellation)
            .ConfigureAwait(false);
        foreach (int piece in good.Ones)
            _good.Set(piece);
    }

    private DataMatch Result()
    {
        List<MatchedFile> files = [];
        for (int index = 0; index < _paths.Length; index++)
        {
            if (!_layout.Files[index].IsStored)
                continue;
            files.Add(new MatchedFile(_metainfo.Files[index].Path, _layout.Files[index].Length)
            {
                FoundPath = _paths[index]?.Path,
                IsRenamed = _isRenamed[index],
                CompletedSize = _layout.BytesIn(index, _good),
            });
        }

        return new DataMatch(
            _metainfo.TorrentId, _metainfo.Name, Enumerable.Range(0, _layout.PieceCount).Where(piece => !_good[piece]).ToArray().AsReadOnly(), files.AsReadOnly());
    }
}
