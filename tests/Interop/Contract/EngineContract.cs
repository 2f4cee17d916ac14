using TorrentPatron.Engine.Client;
using TorrentPatron.Interop.Tests.Peers;
using TorrentPatron.Interop.Tests.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Engines;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>
/// The tests that every engine behind <see cref="ITorrentClient"/> must pass. Each engine has its own class for each part;
/// if the engine is not installed, its tests are skipped.
/// </summary>
/// <param name="engine">The engine's name.</param>
/// <param name="byService">Whether it is used through a service and its socket.</param>
public abstract class EngineContract(string engine, bool byService = false)
{
    /// <summary>Enough for some seconds at <see cref="SlowRate"/>.</summary>
    private protected const int Size = (64 * Payload.PieceLength) + 99;

    private protected const int SlowRate = 1 << 20;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected string EngineName => engine;

    private protected bool IsByService => byService;

    private protected ITorrentEngine Engine
    {
        get
        {
            Assert.SkipUnless(
                EngineCatalog.Installed.Names.Contains(engine),
                $"The engine {engine} is not built: dotnet build -p:With{engine}=true, where the registry has it");
            return byService ? new ServiceEngine(EngineCatalog.Installed.Find(engine)) : EngineCatalog.Installed.Find(engine);
        }
    }

    /// <summary>Skips the test if the engine is used through a service.</summary>
    private protected void SkipByService(string because) => Assert.SkipWhen(byService, $"A service differs: {because}");

    /// <summary>Skips the test if the engine does not support the tested feature.</summary>
    private protected static void Require(ContractClient client, ClientCapabilities capability) => Assert.SkipUnless(
        client.Client.Capabilities.HasFlag(capability), $"The engine {client.Client.Name} lacks {capability}");

    private protected static Task<TestSwarm> MakeAsync() => MakeAsync(below => Payload.WriteFile(below, Size));

    private protected static Task<TestSwarm> MakeAsync(Func<string, string> write) => TestSwarm.MakeAsync(TorrentTool.Libtorrent, PeerDiscovery.DirectPeer, write);

    private protected static async Task<ForeignPeer> SeedAsync(TestSwarm swarm)
    {
        ForeignPeer seed = await ForeignPeer.StartAsync(
            PeerKind.Libtorrent, swarm.Torrent, swarm.SeedFolder, swarm.Workspace);
        await seed.WaitUntilSeedingAsync();
        return seed;
    }

    /// <summary>Downloads some pieces, and closes the torrent.</summary>
    private protected static Task<TorrentStatus> DownloadAPartAsync(ITorrentEngine under, TestSwarm swarm, TorrentMetainfo metainfo, ForeignPeer seed) =>
        DownloadAPartAsync(under, swarm, metainfo, seed, async client =>
            Assert.IsType<TorrentClosed>(await client.AskAsync(new CloseTorrent(client.NextId(), metainfo.TorrentId))).Status);

    /// <summary>Completes a download that was closed, and checks that nothing is hashed or fetched again.</summary>
    private protected static async Task<TorrentStatus> DownloadTheRestAsync(
        ITorrentEngine under, TestSwarm swarm, TorrentMetainfo metainfo, ForeignPeer seed, TorrentStatus before)
    {
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with { Peers = [seed.EndPoint] });
        TorrentStatus complete = await client.WaitUntilSeedingAsync(metainfo.TorrentId);

        swarm.AssertDownloaded();
        Assert.Equal(0, complete.RecheckedPieces);
        Assert.InRange(complete.BytesReceived - before.BytesReceived, 1, complete.TotalSize - before.CompletedSize);
        return complete;
    }

    /// <summary>Downloads some pieces, and then does something that ends the download.</summary>
    private protected static async Task<TorrentStatus> DownloadAPartAsync(
        ITorrentEngine under, TestSwarm swarm, TorrentMetainfo metainfo, ForeignPeer seed, Func<ContractClient, Task<TorrentStatus>> end)
    {
        await using var client = new ContractClient(under, swarm.Workspace["state"]);
        await client.StartAsync(client.NewStart(metainfo, swarm.DownloadFolder) with
        {
            Peers = [seed.EndPoint],
            Options = new TorrentOptions { MaxDownloadRate = SlowRate },
        });
        await client.WaitAsync(metainfo.TorrentId, "some pieces have arrived", status => status.VerifiedPieces >= 8);
        return await end(client);
    }
}
