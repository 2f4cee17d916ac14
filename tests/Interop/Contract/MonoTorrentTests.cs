using System.Runtime.Loader;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>Properties of MonoTorrent only.</summary>
public sealed class MonoTorrentTests() : EngineContract("MonoTorrent")
{
    [Fact]
    public void Its_assemblies_have_their_own_load_context()
    {
        AssemblyLoadContext own = AssemblyLoadContext.GetLoadContext(Engine.GetType().Assembly)!;

        Assert.NotSame(AssemblyLoadContext.Default, own);
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, assembly =>
            assembly.GetName().Name!.StartsWith("MonoTorrent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Torrents_that_would_write_outside_their_folder_are_refused()
    {
        using var workspace = new ContractWorkspace();
        await using var client = new ContractClient(Engine, workspace.State);
        foreach (HostileNames torrent in HostileNames.All("marker"))
        {
            TorrentMetainfo metainfo = MetainfoReader.Read(torrent.Bytes);
            TorrentAnswer answer = await client.AskAsync(client.NewStart(metainfo, workspace.Download) with { Suspended = true });

            // MonoTorrent uses a torrent's name unchanged in paths: we refuse such names. It rejects other such paths
            // and torrents without bytes itself, and is never given v2 torrents.
            bool isName = torrent.Name.StartsWith("folder", StringComparison.Ordinal)
                || (metainfo.TotalSize > 0 && !metainfo.IsMultiFile);
            string expected = metainfo.Version == MetainfoVersion.V2 ? TorrentErrorId.UnsupportedSource
                : isName ? TorrentErrorId.InvalidTorrent
                : TorrentErrorId.NotSupported;
            Assert.True(answer is TorrentStartFail fail && fail.Error.Id == expected, $"{torrent.Name}: {answer}");
        }

        Assert.Empty(client.Client.GetStatuses());
        Assert.Empty(Directory.EnumerateFileSystemEntries(workspace.Download));
    }
}
