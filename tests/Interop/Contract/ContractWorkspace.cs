using TorrentPatron.Engine.Storage;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A folder for a test that needs no other peer, with torrents of small files.</summary>
internal sealed class ContractWorkspace : IDisposable
{
    private readonly Workspace _workspace = new();

    public string State => _workspace["state"];

    public string Seed => _workspace["seed"];

    public string Download => _workspace["download"];

    public string File(string name) => _workspace.File(name);

    /// <summary>Writes a file into <see cref="Seed"/>, and makes a torrent of it.</summary>
    public async Task<TorrentMetainfo> MakeAsync(string name = "small.bin")
    {
        string path = Path.Combine(Seed, name);
        byte[] bytes = new byte[(2 * Payload.PieceLength) + name.Length];
        new Random(name[^1]).NextBytes(bytes);
        await System.IO.File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        return MetainfoReader.Read(await TorrentMaker.MakeAsync(
            path, new TorrentMakerOptions { PieceLength = Payload.PieceLength }, null, TestContext.Current.CancellationToken));
    }

    public void Dispose() => _workspace.Dispose();
}
