using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests.State;

/// <summary>The memory of a restored torrent of terabytes; nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(LargeTorrent), DisableParallelization = true)]
public sealed class LargeTorrent;

/// <summary>A torrent of 2 TiB of zeros in a sparse file, restored from saved state.</summary>
[Collection(nameof(LargeTorrent))]
public sealed class LargeTorrentTests : IDisposable
{
    private const long Length = 2L << 40;

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(16 << 20)]
    [InlineData(128 << 20)]
    public async Task A_restored_torrent_of_terabytes_needs_little_memory_besides_its_piece_layers(int pieceLength)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Files are not sparse by default on this system.");
        int pieces = (int)(Length / pieceLength);
        byte[] torrent = Make(pieceLength);
        Save(torrent);

        // What is loaded once for all torrents does not count.
        await using var service = new TorrentService(
            new ServiceSettings { Client = new ClientSettings { BindAddress = IPAddress.Loopback }, StatePath = _temp["state"] }, settings => new TorrentClient(settings));
        Patron patron = service.CreatePatron();
        TorrentMetainfo small = Torrents.Make(pieces: 2);
        await patron.StartAsync(new StartRequest { Metainfo = small, Destination = _temp["small"], Suspended = true }, TestContext.Current.CancellationToken);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        long begun = Stopwatch.GetTimestamp();
        TorrentAnswer answer = await patron.StartAsync(
            new StartRequest { Metainfo = MetainfoReader.Read(torrent.ToArray()), Destination = _temp["data"] }, TestContext.Current.CancellationToken);
        TimeSpan time = Stopwatch.GetElapsedTime(begun);
        Assert.True(answer is NewTorrentCreated, answer.ToString());
        TorrentStatus status = patron.GetStatus(answer.TorrentId)!;
        long memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.SendDiagnosticMessage(
            $"2 TiB in pieces of {pieceLength >> 20} MiB: .torrent {torrent.Length / 1e6:0.00} MB, {memory / 1e6:0.00} MB held, {time.TotalSeconds:0.000} s");

        Assert.Equal((TorrentState.Seeding, pieces, 0), (status.State, status.VerifiedPieces, status.RecheckedPieces));
        Assert.InRange(memory, 0, torrent.Length + 5_000_000);
    }

    private void Save(byte[] torrent)
    {
        TorrentMetainfo metainfo = MetainfoReader.Read(torrent);
        Directory.CreateDirectory(_temp["data"]);
        string path = Path.Combine(_temp["data"], "zeros");
        using (FileStream file = File.Create(path))
            file.SetLength(Length);
        var verified = new Bitfield(metainfo.PieceCount);
        verified.SetAll();
        using ResumeStore store = new StateFolder(_temp["state"]).Open(metainfo);
        store.Checkpoint(new ResumeData
        {
            Verified = verified, Destination = _temp["data"], Files = [new FileStamp(Length, File.GetLastWriteTimeUtc(path))], ClosedInOrder = true,
        });
    }

    private static byte[] Make(int pieceLength)
    {
        using PieceHash hash = PieceHash.BeginV2(pieceLength, Length, pieceLength);
        hash.Append(new byte[pieceLength]);
        byte[] one = new byte[hash.Length];
        hash.End(one);
        int pieces = (int)(Length / pieceLength);
        return new TorrentBuilder
        {
            Version = MetainfoVersion.V2, Name = "zeros", Files = [new TorrentBuilderFile(null, Length)], PieceLength = pieceLength,
            PieceHashes = default, PieceTreeHashes = Enumerable.Repeat(one, pieces).SelectMany(hash => hash).ToArray(),
        }.Build();
    }
}
