using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Storage;

public sealed class PieceCheckerTests : IAsyncDisposable
{
    private const int PieceLength = 32768;
    private const int Pieces = 20;

    private readonly TempFolder _temp = new();
    private readonly DiskWorkers _workers = new(3);
    private readonly FileHandlePool _pool = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task Good_pieces_are_found_and_a_flipped_byte_costs_one()
    {
        TorrentMetainfo metainfo = await MakeAsync();
        Assert.True((await CheckAsync(metainfo, null)).IsFull);

        string file = _temp["t", "b"];
        byte[] bytes = File.ReadAllBytes(file);
        bytes[5 * PieceLength] ^= 1;
        File.WriteAllBytes(file, bytes);
        int piece = (int)((metainfo.Files[1].Offset + 5 * PieceLength) / PieceLength);
        var told = new Dictionary<int, bool>();
        Bitfield good = await CheckAsync(metainfo, null, told);
        Assert.Equal([piece], Enumerable.Range(0, Pieces).Where(i => !good[i]));
        Assert.Equal(Enumerable.Range(0, Pieces), told.Keys.Order());
        Assert.All(told, pair => Assert.Equal(pair.Key != piece, pair.Value));
    }

    [Fact]
    public async Task Only_the_requested_pieces_are_checked()
    {
        TorrentMetainfo metainfo = await MakeAsync();
        var asked = new Bitfield(Pieces);
        asked.Set(3);
        asked.Set(19);
        var told = new Dictionary<int, bool>();
        Bitfield good = await CheckAsync(metainfo, asked, told);
        Assert.Equal([3, 19], told.Keys.Order());
        Assert.Equal(asked.Bytes.ToArray(), good.Bytes.ToArray());
        Assert.True((await CheckAsync(metainfo, new Bitfield(Pieces))).IsEmpty);
    }

    [Fact]
    public async Task Pieces_of_missing_and_short_files_are_bad_and_the_others_are_good()
    {
        TorrentMetainfo metainfo = await MakeAsync();
        File.Delete(_temp["t", "a"]);
        using (FileStream stream = File.OpenWrite(_temp["t", "b"]))
            stream.SetLength(10 * PieceLength);
        var told = new Dictionary<int, bool>();
        Bitfield good = await CheckAsync(metainfo, null, told);
        Assert.Equal(Enumerable.Range(1, 9), Enumerable.Range(0, Pieces).Where(i => good[i]));
        Assert.Equal(Enumerable.Range(1, 9), told.Keys.Order());

        Directory.Delete(_temp["t"], recursive: true);
        Assert.True((await CheckAsync(metainfo, null)).IsEmpty);
    }

    [Fact]
    public async Task A_hole_is_bad_unless_the_piece_is_of_zeros()
    {
        Directory.CreateDirectory(_temp["t"]);
        byte[] content = new byte[8 * PieceLength + 100];
        content.AsSpan(0, 4 * PieceLength).Fill(1);
        File.WriteAllBytes(_temp["t", "a"], content);
        TorrentMetainfo metainfo = MetainfoReader.Read(await TorrentMaker.MakeAsync(
            _temp["t"], new TorrentMakerOptions { PieceLength = PieceLength }, null, Cancel));
        File.Delete(_temp["t", "a"]);
        using (FileStream stream = File.Create(_temp["t", "a"]))
            stream.SetLength(content.Length);

        Bitfield good = await CheckAsync(metainfo, null);
        Assert.Equal(Enumerable.Range(4, 5), Enumerable.Range(0, metainfo.PieceCount).Where(i => good[i]));
    }

    [Fact]
    public async Task It_ends_soon_when_it_is_cancelled()
    {
        TorrentMetainfo metainfo = await MakeAsync();
        using var storage = new TorrentStorage(new FileLayout(metainfo, _temp.Path), _pool);
        using var cancelled = new CancellationTokenSource();
        int told = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new PieceChecker(storage, PieceVerifier.For(metainfo), _workers).CheckAsync(
            null, (_, _) =>
            {
                Interlocked.Increment(ref told);
                cancelled.Cancel();
            }, cancelled.Token));
        Assert.InRange(told, 1, 3);
    }

    [Fact]
    public async Task An_unreadable_file_fails_the_check_with_the_reason()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Permissions do not restrict root.");
        TorrentMetainfo metainfo = await MakeAsync();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_temp["t", "b"], UnixFileMode.None);
        var failure = await Assert.ThrowsAsync<StorageException>(() => CheckAsync(metainfo, null));
        Assert.Equal(TorrentErrorId.DiskReadFailed, failure.Error.Id);
    }

    [Fact]
    public async Task Pieces_longer_than_a_slice_are_hashed_in_several()
    {
        Directory.CreateDirectory(_temp["t"]);
        byte[] content = new byte[20 << 20];
        new Random(3).NextBytes(content);
        File.WriteAllBytes(_temp["t", "a"], content);
        TorrentMetainfo metainfo = MetainfoReader.Read(await TorrentMaker.MakeAsync(
            _temp["t"], new TorrentMakerOptions { PieceLength = 16 << 20 }, null, Cancel));
        Assert.Equal(System.Security.Cryptography.SHA1.HashData(content.AsSpan(0, 16 << 20)), metainfo.PieceHash(0).ToArray());
        Assert.True((await CheckAsync(metainfo, null)).IsFull);
    }

    private async Task<Bitfield> CheckAsync(TorrentMetainfo metainfo, Bitfield? pieces, Dictionary<int, bool>? told = null)
    {
        using var storage = new TorrentStorage(new FileLayout(metainfo, _temp.Path), _pool);
        return await new PieceChecker(storage, PieceVerifier.For(metainfo), _workers).CheckAsync(pieces, (piece, isGood) =>
        {
            lock (_temp)
                told?.Add(piece, isGood);
        }, Cancel);
    }

    private async Task<TorrentMetainfo> MakeAsync()
    {
        Directory.CreateDirectory(_temp["t"]);
        byte[] content = new byte[Pieces * PieceLength - 5];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(_temp["t", "a"], content[..1000]);
        File.WriteAllBytes(_temp["t", "b"], content[1000..]);
        return MetainfoReader.Read(await TorrentMaker.MakeAsync(
            _temp["t"], new TorrentMakerOptions { PieceLength = PieceLength }, null, Cancel));
    }
}
