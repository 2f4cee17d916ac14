using System.Security.Cryptography;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A torrent of random bytes, with those bytes.</summary>
internal sealed class SwarmTorrent
{
    public SwarmTorrent(int seed, int pieceLength, params long[] lengths)
        : this(seed, pieceLength, isPrivate: false, lengths)
    {
    }

    public SwarmTorrent(int seed, int pieceLength, bool isPrivate, params long[] lengths)
        : this($"torrent{seed}", RandomBytes(seed, lengths.Sum()), pieceLength, isPrivate, lengths)
    {
    }

    /// <summary>A torrent of given bytes.</summary>
    public SwarmTorrent(string name, byte[] data, int pieceLength, params long[] lengths)
        : this(name, data, pieceLength, isPrivate: false, lengths)
    {
    }

    /// <summary>Different bytes in the files of a torrent.</summary>
    public SwarmTorrent(SwarmTorrent torrent, byte[] data) => (Metainfo, Data) = (torrent.Metainfo, data);

    /// <summary>A parsed torrent and its bytes.</summary>
    public SwarmTorrent(TorrentMetainfo metainfo, byte[] data) => (Metainfo, Data) = (metainfo, data);

    private SwarmTorrent(string name, byte[] data, int pieceLength, bool isPrivate, long[] lengths)
    {
        Data = data;
        byte[] hashes = [.. Data.Chunk(pieceLength).SelectMany(SHA1.HashData)];
        Metainfo = MetainfoReader.Read(new TorrentBuilder
        {
            Name = name,
            Files = lengths.Length == 1
                ? [new TorrentBuilderFile(null, lengths[0])]
                : [.. lengths.Select((length, i) => new TorrentBuilderFile($"file{i}.bin", length))],
            PieceLength = pieceLength,
            PieceHashes = hashes,
            IsPrivate = isPrivate,
        }.Build());
    }

    /// <summary>A torrent of random bytes in the given version of the format.</summary>
    public static Task<SwarmTorrent> MakeAsync(int seed, MetainfoVersion version, int pieceLength, params long[] lengths) =>
        MakeAsync($"torrent{seed}", version, pieceLength, [.. lengths.Select((length, i) => RandomBytes(seed + i, length))]);

    /// <summary>A torrent of the given files in the given version of the format.</summary>
    public static async Task<SwarmTorrent> MakeAsync(string name, MetainfoVersion version, int pieceLength, params byte[][] files)
    {
        using var folder = new TempFolder();
        string root = folder[name];
        if (files.Length == 1)
        {
            await File.WriteAllBytesAsync(root, files[0]);
        }
        else
        {
            Directory.CreateDirectory(root);
            for (int i = 0; i < files.Length; i++)
                await File.WriteAllBytesAsync(Path.Combine(root, $"file{i}.bin"), files[i]);
        }

        TorrentMetainfo metainfo = MetainfoReader.Read(
            await TorrentMaker.MakeAsync(root, new TorrentMakerOptions { Version = version, PieceLength = pieceLength }, progress: null, CancellationToken.None));
        byte[] data = new byte[(long)metainfo.PieceCount * pieceLength];
        int next = 0;
        foreach (TorrentFileEntry file in metainfo.Files.Where(file => !file.IsPadding))
            files[next++].CopyTo(data, file.Offset);
        return new SwarmTorrent(metainfo, data);
    }

    public static byte[] RandomBytes(int seed, long count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public byte[] Data { get; }

    public TorrentMetainfo Metainfo { get; }

    /// <summary>A block's bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int piece, int begin, int length) =>
        Data.AsSpan(checked((int)((long)piece * Metainfo.PieceLength)) + begin, length);

    /// <summary>The path of a file below a destination, with the system's separators.</summary>
    public string PathIn(string destination, int file) => Path.GetFullPath(Path.Combine(destination, Metainfo.Files[file].Path));

    public void WriteTo(string destination)
    {
        foreach (TorrentFileEntry file in Metainfo.Files.Where(file => !file.IsLink && !file.IsPadding))
        {
            string path = Path.Combine(destination, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Data.AsSpan((int)file.Offset, (int)file.Length));
        }
    }

    public void AssertIsIn(string destination)
    {
        foreach (TorrentFileEntry file in Metainfo.Files.Where(file => !file.IsPadding))
            AssertIsIn(destination, file);
    }

    public void AssertIsIn(string destination, TorrentFileEntry file)
    {
        byte[] there = File.ReadAllBytes(Path.Combine(destination, file.Path));
        int same = there.AsSpan().CommonPrefixLength(Data.AsSpan((int)file.Offset, (int)file.Length));
        Assert.True(same == file.Length && same == there.Length, $"{file.Path} is unchanged in {same} of {there.Length} bytes");
    }
}
