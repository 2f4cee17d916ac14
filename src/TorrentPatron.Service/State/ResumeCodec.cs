using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>
/// The resume file: a bencoded dictionary of the format's version, the content (a bencoded string) and the content's SHA-1. A file whose
/// hash does not match is rejected.
/// </summary>
/// <remarks>
/// Content of the first release is required; later additions are optional, so that older files can be read, and older programs ignore them,
/// so that they can read newer files.
/// </remarks>
internal static class ResumeCodec
{
    private const int Version = 1;

    /// <summary>An exbibyte: so that sums of saved and new byte counts cannot overflow.</summary>
    private const long MostBytes = 1L << 60;

    private const int LongestPath = 32_767;

    /// <summary>Initial buffer size, enough for a torrent of few files and pieces.</summary>
    private const int UsualBytes = 1024;

    /// <summary>The last moment that is valid in every time zone.</summary>
    private static readonly long LastTicks = DateTime.MaxValue.Ticks - (2 * TimeSpan.TicksPerDay);

    /// <summary>The bytes of a resume file.</summary>
    public static byte[] Encode(TorrentId torrent, SavedResume resume)
    {
        ReadOnlySpan<byte> content = EncodeContent(torrent, resume);
        var output = new ArrayBufferWriter<byte>(content.Length + 64);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("check"u8, SHA1.HashData(content));
        writer.Write("content"u8, content);
        writer.Write("version"u8, Version);
        writer.End();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a resume file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="torrent">The torrent that it must belong to.</param>
    /// <param name="pieceCount">The torrent's number of pieces; null accepts any.</param>
    /// <exception cref="InvalidDataException">It is damaged, or of a different version or torrent; the message says how.</exception>
    public static SavedResume Decode(ReadOnlyMemory<byte> bytes, TorrentId torrent, int? pieceCount)
    {
        try
        {
            BencodeElement file = BencodeDocument.Parse(bytes).Root;
            if (Require(file, "version"u8).AsInteger() != Version)
                throw new InvalidDataException("it was written by a different version");
            ReadOnlyMemory<byte> content = Require(file, "content"u8).AsMemory();
            if (!Require(file, "check"u8).AsBytes().SequenceEqual(SHA1.HashData(content.Span)))
                throw new InvalidDataException("its content was changed");
            return DecodeContent(BencodeDocument.Parse(content).Root, torrent, pieceCount);
        }
        catch (Exception fault) when (fault is BencodeException or ArgumentException or OverflowException or UriFormatException)
        {
            throw new InvalidDataException("it is incomplete, or not a resume file", fault);
        }
    }

    private static ReadOnlySpan<byte> EncodeContent(TorrentId torrent, SavedResume resume)
    {
        ResumeData data = resume.Data;
        var output = new ArrayBufferWriter<byte>(UsualBytes);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("added"u8, data.AddedAt.UtcTicks);
        if (data.Apart is { } apart)
        {
            writer.Write("apart"u8, apart.Bytes);
            writer.Write("apart of"u8, apart.Length);
        }

        writer.Write("boot"u8, resume.Boot);
        writer.Write("closed"u8, data.ClosedInOrder ? 1 : 0);
        if (data.CompletedAt is { } completed)
            writer.Write("completed"u8, completed.UtcTicks);
        writer.Write("destination"u8, data.Destination);
        if (data.Doubtful is { } doubtful)
            writer.Write("doubtful"u8, doubtful.Bytes);
        writer.WriteKey("files"u8);
        WriteStamps(writer, data.Files);
        writer.Write("info hash"u8, torrent.ToArray());
        if (data.RealDestination is { } real)
            writer.Write("links"u8, real);
        if (data.MovingTo is { } movingTo)
            writer.Write("moving"u8, movingTo);
        writer.WriteKey("options"u8);
        OptionsCodec.Write(writer, data.Options);
        if (data.Origin is { } origin)
            WriteOrigin(writer, origin);
        writer.Write("peers"u8, CompactPeers.Write(data.Peers, AddressFamily.InterNetwork));
        writer.Write("peers6"u8, CompactPeers.Write(data.Peers, AddressFamily.InterNetworkV6));
        writer.Write("pieces"u8, data.Verified.Length);
        writer.WriteKey("priorities"u8);
        writer.BeginList();
        foreach (FilePriority priority in data.FilePriorities)
            writer.WriteInteger((int)priority);
        writer.End();
        if (data.QueueKey is { } queueKey)
            writer.Write("queue"u8, queueKey);
        writer.Write("reached"u8, data.GoalReached ? 1 : 0);
        writer.Write("received"u8, data.BytesReceived);
        writer.WriteKey("removed"u8);
        WriteAddresses(writer, data.RemovedTrackers);
        if (data.RemovedWebSeeds.Count > 0)
        {
            writer.WriteKey("removed web seeds"u8);
            WriteAddresses(writer, data.RemovedWebSeeds);
        }

        if (data.Reuse is { } reuse)
            WriteReuse(writer, reuse);
        writer.Write("seeded"u8, data.SeedingTime.Ticks);
        if (data.Selection is { } selection)
        {
            writer.WriteKey("selection"u8);
            SelectionCodec.Write(writer, selection);
        }

        writer.Write("sent"u8, data.BytesSent);
        writer.Write("suspended"u8, data.Suspended ? 1 : 0);
        writer.WriteKey("trackers"u8);
        WriteAddresses(writer, data.Trackers);
        if (data.Unfinished.Count > 0)
            WriteUnfinished(writer, data.Unfinished);
        if (data.Unflushed is { } unflushed)
            writer.Write("unflushed"u8, unflushed.Bytes);
        writer.Write("verified"u8, data.Verified.Bytes);
        if (data.WebSeeds.Count > 0)
        {
            writer.WriteKey("web seeds"u8);
            WriteAddresses(writer, data.WebSeeds);
        }

        writer.End();
        return output.WrittenSpan;
    }

    private static void WriteReuse(BencodeWriter writer, DataReuse reuse)
    {
        writer.WriteKey("reuse"u8);
        writer.BeginDictionary();
        writer.Write("by"u8, (int)reuse.By);
        writer.WriteKey("folders"u8);
        writer.BeginList();
        foreach (string folder in reuse.Folders)
            writer.WriteString(folder);
        writer.End();
        writer.End();
    }

    private static void WriteOrigin(BencodeWriter writer, DataOrigin origin)
    {
        writer.WriteKey("origin"u8);
        writer.BeginDictionary();
        writer.Write("count"u8, origin.FilesBefore.Length);
        writer.Write("files"u8, origin.FilesBefore.Bytes);
        writer.Write("folder count"u8, origin.FoldersBefore.Length);
        writer.Write("folders"u8, origin.FoldersBefore.Bytes);
        writer.Write("written"u8, origin.FilesWritten.Bytes);
        writer.End();
    }

    /// <summary>A list of the index, the number of blocks and the blocks on disk of each piece, in the order of the indexes.</summary>
    private static void WriteUnfinished(BencodeWriter writer, IReadOnlyList<UnfinishedPiece> pieces)
    {
        writer.WriteKey("unfinished"u8);
        writer.BeginList();
        foreach (UnfinishedPiece piece in pieces)
        {
            writer.BeginList();
            writer.WriteInteger(piece.Piece);
            writer.WriteInteger(piece.Blocks.Length);
            writer.WriteString(piece.Blocks.Bytes);
            writer.End();
        }

        writer.End();
    }

    private static void WriteAddresses(BencodeWriter writer, IReadOnlyList<Uri> addresses)
    {
        writer.BeginList();
        foreach (Uri address in addresses)
            writer.WriteString(address.OriginalString);
        writer.End();
    }

    /// <summary>A list of the length and last write time of each file; an empty one for a file that does not exist.</summary>
    private static void WriteStamps(BencodeWriter writer, IReadOnlyList<FileStamp?> files)
    {
        writer.BeginList();
        foreach (FileStamp? stamp in files)
        {
            writer.BeginList();
            if (stamp is { } file)
            {
                writer.WriteInteger(file.Length);
                writer.WriteInteger(file.LastWrite.Ticks);
            }

            writer.End();
        }

        writer.End();
    }

    private static SavedResume DecodeContent(BencodeElement content, TorrentId torrent, int? pieceCount)
    {
        if (!Require(content, "info hash"u8).AsBytes().SequenceEqual(torrent.ToArray()))
            throw new InvalidDataException("it belongs to a different torrent");

        int pieces = checked((int)Require(content, "pieces"u8).AsInteger());
        if (pieceCount is { } expected && pieces != expected)
            throw new InvalidDataException("its number of pieces differs");

        var data = new ResumeData
        {
            AddedAt = ReadTime(Require(content, "added"u8)),
            ClosedInOrder = Require(content, "closed"u8).AsInteger() != 0,
            CompletedAt = content.TryGet("completed"u8, out BencodeElement completed)
                ? ReadTime(completed)
                : null,
            Destination = ReadFolder(Require(content, "destination"u8)),
            RealDestination = content.TryGet("links"u8, out BencodeElement real) ? ReadFolder(real) : null,
            Doubtful = content.TryGet("doubtful"u8, out BencodeElement doubtful) ? ReadBits(doubtful, pieces) : null,
            Files = ReadStamps(Require(content, "files"u8)),
            FilePriorities = ReadList(
                Require(content, "priorities"u8), ReadPriority),
            Apart = content.TryGet("apart"u8, out BencodeElement apart)
                ? ReadBits(apart, checked((int)Require(content, "apart of"u8).AsInteger()))
                : null,
            BytesReceived = ReadSize(Require(content, "received"u8)),
            BytesSent = ReadSize(Require(content, "sent"u8)),
            Suspended = Require(content, "suspended"u8).AsInteger() != 0,
            Trackers = ReadAddresses(Require(content, "trackers"u8)),
            RemovedTrackers = content.TryGet("removed"u8, out BencodeElement removed) ? ReadAddresses(removed) : [],
            WebSeeds = content.TryGet("web seeds"u8, out BencodeElement webSeeds) ? ReadWebSeeds(webSeeds) : [],
            RemovedWebSeeds = content.TryGet("removed web seeds"u8, out BencodeElement noWebSeeds) ? ReadWebSeeds(noWebSeeds) : [],
            Options = content.TryGet("options"u8, out BencodeElement options) ? OptionsCodec.Read(options) : TorrentOptions.Unchanged,
            Selection = content.TryGet("selection"u8, out BencodeElement selection) ? SelectionCodec.Read(selection) : null,
            MovingTo = content.TryGet("moving"u8, out BencodeElement moving) ? ReadFolder(moving) : null,
            Peers = ReadPeers(content),
            Reuse = content.TryGet("reuse"u8, out BencodeElement reuse) ? ReadReuse(reuse) : null,
            Origin = content.TryGet("origin"u8, out BencodeElement origin) ? ReadOrigin(origin) : null,
            SeedingTime = content.TryGet("seeded"u8, out BencodeElement seeded) ? ReadDuration(seeded) : default,
            GoalReached = content.TryGet("reached"u8, out BencodeElement reached) && reached.AsInteger() != 0,
            QueueKey = content.TryGet("queue"u8, out BencodeElement queueKey) ? queueKey.AsInteger() : null,
            Unfinished = content.TryGet("unfinished"u8, out BencodeElement unfinished) ? ReadUnfinished(unfinished, pieces) : [],
            Unflushed = content.TryGet("unflushed"u8, out BencodeElement unflushed) ? ReadBits(unflushed, pieces) : null,
            Verified = ReadBits(Require(content, "verified"u8), pieces),
        };
        return new SavedResume(data, Require(content, "boot"u8).AsText());
    }

    private static List<IPEndPoint> ReadPeers(BencodeElement content)
    {
        var peers = new List<IPEndPoint>();
        if (content.TryGet("peers"u8, out BencodeElement four))
            CompactPeers.Read(four.AsBytes(), AddressFamily.InterNetwork, peers, ResumeData.MostPeers);
        if (content.TryGet("peers6"u8, out BencodeElement six))
            CompactPeers.Read(six.AsBytes(), AddressFamily.InterNetworkV6, peers, ResumeData.MostPeers);
        return peers;
    }

    private static DataReuse ReadReuse(BencodeElement reuse) => new(
        [.. ReadList(Require(reuse, "folders"u8), ReadFolder).Take(DataReuse.MostFolders)],
        (ReuseMethod)checked((int)Require(reuse, "by"u8).AsInteger()) is var by && Enum.IsDefined(by)
            ? by
            : throw new InvalidDataException("its method of reusing data is unknown"));

    private static DataOrigin ReadOrigin(BencodeElement origin)
    {
        int files = checked((int)Require(origin, "count"u8).AsInteger());
        int folders = checked((int)Require(origin, "folder count"u8).AsInteger());
        return new DataOrigin
        {
            FilesBefore = ReadBits(Require(origin, "files"u8), files),
            FoldersBefore = ReadBits(Require(origin, "folders"u8), folders),
            FilesWritten = ReadBits(Require(origin, "written"u8), files),
        };
    }

    private static List<UnfinishedPiece> ReadUnfinished(BencodeElement list, int pieces)
    {
        int last = -1;
        return ReadList(list, element =>
        {
            List<BencodeElement> parts = ReadList(element, static part => part);
            if (parts is not [var index, var count, var bits] || index.AsInteger() <= last || index.AsInteger() >= pieces)
                throw new InvalidDataException("an unfinished piece in it is malformed");
            last = (int)index.AsInteger();
            return new UnfinishedPiece(last, ReadBits(bits, checked((int)count.AsInteger())));
        });
    }

    private static List<FileStamp?> ReadStamps(BencodeElement files) => ReadList(files, element =>
    {
        List<long> numbers = ReadList(element, number => number.AsInteger());
        return numbers switch
        {
            [] => (FileStamp?)null,
            [long length and >= 0, long ticks] => new FileStamp(length, new DateTime(ticks, DateTimeKind.Utc)),
            _ => throw new InvalidDataException("a file's entry in it is malformed"),
        };
    });

    // An earlier release accepted addresses of other kinds, which it could never use.
    private static Uri[] ReadAddresses(BencodeElement list) =>
        [.. AddressReader.Trackers(ReadList(list, element => element.AsText()))];

    private static Uri[] ReadWebSeeds(BencodeElement list) =>
        [.. AddressReader.WebSeeds(ReadList(list, element => element.AsText())).Take(MetainfoReader.MaxTrackers)];

    private static List<T> ReadList<T>(BencodeElement list, Func<BencodeElement, T> read)
    {
        var values = new List<T>(list.Count);
        foreach (BencodeElement element in list.EnumerateList())
            values.Add(read(element));
        return values;
    }

    private static FilePriority ReadPriority(BencodeElement element) =>
        (FilePriority)checked((int)element.AsInteger()) is var priority && Enum.IsDefined(priority)
            ? priority
            : throw new InvalidDataException("a file's priority in it is unknown");

    private static long ReadSize(BencodeElement element) =>
        element.AsInteger() is var size and >= 0 and <= MostBytes ? size : throw new InvalidDataException("a size in it is impossible");

    // The time of a torrent that was never added is the minimum.
    private static DateTimeOffset ReadTime(BencodeElement element) =>
        element.AsInteger() is var ticks && (ticks == 0 || (ticks >= DateTime.UnixEpoch.Ticks && ticks <= LastTicks))
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new InvalidDataException("a time in it is impossible");

    private static TimeSpan ReadDuration(BencodeElement element) =>
        element.AsInteger() is var ticks and >= 0 && ticks <= LastTicks ? new TimeSpan(ticks) : throw new InvalidDataException("a duration in it is impossible");

    private static string ReadFolder(BencodeElement element) =>
        element.AsText() is var path && path.Length <= LongestPath && Path.IsPathRooted(path) && !path.Contains('\0', StringComparison.Ordinal)
            ? path
            : throw new InvalidDataException("a folder in it is invalid");

    private static Bitfield ReadBits(BencodeElement element, int length) =>
        Bitfield.TryRead(element.AsBytes(), length, out Bitfield? field)
            ? field!
            : throw new InvalidDataException("its pieces are malformed");

    private static BencodeElement Require(BencodeElement dictionary, ReadOnlySpan<byte> key) =>
        dictionary.TryGet(key, out BencodeElement value) ? value : throw new InvalidDataException("something is missing in it");
}
