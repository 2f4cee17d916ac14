using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Engines that require encryption, prefer it or do without, in one swarm.</summary>
public sealed class EncryptionScenarios
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(EncryptionPolicy.Prefer, EncryptionPolicy.Prefer, EncryptionMethods.None)]
    [InlineData(EncryptionPolicy.Prefer, EncryptionPolicy.Require, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Prefer, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Require, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Off, EncryptionPolicy.Prefer, EncryptionMethods.None)]
    public Task A_download_is_encrypted_as_both_sides_agree(EncryptionPolicy dialler, EncryptionPolicy listener, EncryptionMethods agreed) =>
        World.RunAsync(seed: 1, async world =>
        {
            var torrent = new SwarmTorrent(1, Piece, 8 * Piece);
            await using Node seed = Make(world, 1, listener);
            await seed.SeedAsync(torrent);
            await using Node leech = Make(world, 2, dialler);
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.UntilAsync(() => leech.Client.GetPeers(torrent.Metainfo.TorrentId).Count > 0, TimeSpan.FromMinutes(1), "they are connected");
            Assert.Equal(agreed, Assert.Single(leech.Client.GetPeers(torrent.Metainfo.TorrentId)).Encryption);
            Assert.Equal(agreed, Assert.Single(seed.Client.GetPeers(torrent.Metainfo.TorrentId)).Encryption);
            await world.UntilAsync(() => leech.Has(torrent), TimeSpan.FromMinutes(1), "it is complete");
        });

    [Theory]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Off)]
    [InlineData(EncryptionPolicy.Off, EncryptionPolicy.Require)]
    public Task Who_requires_it_and_who_refuses_it_do_not_meet(EncryptionPolicy dialler, EncryptionPolicy listener) =>
        World.RunAsync(seed: 2, async world =>
        {
            var torrent = new SwarmTorrent(2, Piece, 8 * Piece);
            await using Node seed = Make(world, 1, listener);
            await seed.SeedAsync(torrent);
            await using Node leech = Make(world, 2, dialler);
            await leech.StartAsync(torrent, seed.EndPoint);
            await world.PassAsync(TimeSpan.FromMinutes(5));
            Assert.Empty(leech.Client.GetPeers(torrent.Metainfo.TorrentId));
            Assert.Equal(0, leech.Status(torrent).CompletedSize);
        });

    private static Node Make(World world, int seed, EncryptionPolicy encryption) =>
        new(world, seed, settings: settings => settings with { Encryption = encryption });
}
