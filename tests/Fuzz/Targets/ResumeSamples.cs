using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.State;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Valid saved states.</summary>
internal static class ResumeSamples
{
    public const int Pieces = 20;

    public static TorrentId Torrent { get; } = new(new InfoHash(Samples.Hashes(1)));

    public static byte[] File { get; } = ResumeCodec.Encode(Torrent, new SavedResume(
        new ResumeData
        {
            Verified = Bits(3, 5, 7, 19),
            Doubtful = Bits(5),
            Unflushed = Bits(7),
            Unfinished = [new UnfinishedPiece(4, Bits(0, 1, 17)), new UnfinishedPiece(18, Bits(19))],
            Destination = "/somewhere",
            Files = [new FileStamp(5, new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc)), null],
            ClosedInOrder = true,
            FilePriorities = [FilePriority.Normal, FilePriority.Skip],
            Trackers = [new Uri("http://tracker.example/announce")],
            Peers = [IPEndPoint.Parse("192.0.2.7:6881"), IPEndPoint.Parse("[2001:db8::7]:51413")],
            MovingTo = "/elsewhere",
            Apart = Bits(1, 2),
            BytesReceived = 100,
            BytesSent = 200,
            Options = new TorrentOptions
            {
                MaxDownloadRate = 1000, MaxUploadRate = 0, Goal = new SeedGoal(1.5, TimeSpan.FromHours(1)), Sequential = true, Tags = ["a", "b"],
                MinimumFreeSpace = 5,
            },
            AddedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
            CompletedAt = DateTimeOffset.FromUnixTimeSeconds(1_700_000_100),
        },
        "id:boot"));

    public static byte[] Content { get; } = ContentOf(File);

    /// <summary>Checks the properties of every resume file that was read.</summary>
    public static void Check(SavedResume resume)
    {
        ResumeData data = resume.Data;
        Property.Holds(data.Verified.Length == Pieces, "the pieces exist in the torrent");
        Property.Holds(data.Doubtful is null || data.Doubtful.Length == Pieces, "doubtful pieces fit the torrent");
        Property.Holds(data.Unflushed is null || data.Unflushed.Length == Pieces, "unflushed pieces fit the torrent");
        Property.Holds(
            data.Unfinished.Select(piece => piece.Piece).All(piece => piece is >= 0 and < Pieces)
            && data.Unfinished.Zip(data.Unfinished.Skip(1)).All(pair => pair.First.Piece < pair.Second.Piece),
            "unfinished pieces exist in the torrent, each once");
        Property.Holds(data.BytesReceived >= 0 && data.BytesSent >= 0, "totals are not negative");
        Property.Holds(data.Peers.Count <= ResumeData.MostPeers && data.Peers.All(peer => peer.Port != 0), "peers are bounded, and have ports");
        Property.Holds(data.FilePriorities.All(Enum.IsDefined), "priorities are known");
        Property.Holds(data.Files.All(stamp => stamp is not { Length: < 0 }), "lengths are not negative");
        Property.Holds(data.Options is not { MaxDownloadRate: < 0 } and not { MaxUploadRate: < 0 } and not { MinimumFreeSpace: < 0 }, "limits are not negative");
        Property.Holds(data.Options.Goal is not { } goal || (goal.Ratio is null or >= 0 && goal.Time?.Ticks is null or >= 0), "a goal is not negative");
        SavedResume again = ResumeCodec.Decode(ResumeCodec.Encode(Torrent, resume), Torrent, Pieces);
        Property.Same(ResumeCodec.Encode(Torrent, resume), ResumeCodec.Encode(Torrent, again), "saved data can be read again");
    }

    private static Bitfield Bits(params int[] set)
    {
        var bits = new Bitfield(Pieces);
        foreach (int bit in set)
            bits.Set(bit);
        return bits;
    }

    private static byte[] ContentOf(byte[] file) =>
        BencodeDocument.Parse(file).Root.TryGet("content"u8, out BencodeElement content) ? content.AsBytes().ToArray() : [];
}
