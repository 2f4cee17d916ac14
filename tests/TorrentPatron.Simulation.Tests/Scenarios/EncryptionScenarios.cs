using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Peers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Scenarios;

/// <summary>Engines that require, prefer or refuse encryption in one swarm.</summary>
public sealed class EncryptionScenarios
{
    private const int Piece = 32 * 1024;

    [Theory]
    [InlineData(EncryptionPolicy.Prefer, EncryptionPolicy.Prefer, EncryptionMethods.None)]
    [InlineData(EncryptionPolicy.Prefer, EncryptionPolicy.Require, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Prefer, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Require, EncryptionMethods.Rc4)]
    [InlineData(EncryptionPolicy.Off, EncryptionPolicy.Prefer, EncryptionMethods.None)]
    public Task Both_sides_agree_on_the_encryption_of_a_download(EncryptionPolicy dialler, EncryptionPolicy listener, EncryptionMethods agreed) =>
        World.RunAsync(seed: 1, async world =>
        {
            await using Node seed = Make(world, 1, listener), leech = Make(world, 2, dialler);
            await leech.AssertDownloadsAsync(new SwarmTorrent(1, Piece, 8 * Piece), seed, peer => Assert.Equal(agreed, peer.Encryption));
        });

    [Theory]
    [InlineData(EncryptionPolicy.Require, EncryptionPolicy.Off)]
    [InlineData(EncryptionPolicy.Off, EncryptionPolicy.Require)]
    public Task Peers_that_require_and_that_refuse_encryption_do_not_connect(EncryptionPolicy dialler, EncryptionPolicy listener) =>
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

    [Fact]
    public Task Peer_exchange_marks_encrypted_peers_as_preferring_encryption() => World.RunAsync(seed: 3, async world =>
    {
        const byte Mine = 9;
        var torrent = new SwarmTorrent(3, Piece, 256 * Piece);
        // Slow, so that no peer completes and leaves before all have been exchanged.
        await using var seed = new Node(world, 1, world.Network.Join(up: 20_000));
        await seed.SeedAsync(torrent);
        await using Node encrypted = Make(world, 2, EncryptionPolicy.Require);
        await encrypted.StartAsync(torrent, seed.EndPoint);
        await using Node plain = Make(world, 3, EncryptionPolicy.Off);
        await plain.StartAsync(torrent, seed.EndPoint);
        var hello = new ExtensionHandshake { Extensions = new Dictionary<string, byte> { [PexMessage.ExtensionName] = Mine } };
        using FakePeer asker = await FakePeer.ConnectAsync(world, seed, torrent, isExtended: true);
        asker.Chat();
        asker.Send(MessageId.Extended, [0, .. hello.ToBytes()]);

        var told = new Dictionary<System.Net.IPEndPoint, PexFlags>();
        await world.UntilAsync(
            () =>
            {
                foreach ((MessageId id, byte[] body) in asker.Messages.Where(message => message.Id == MessageId.Extended && message.Body[0] == Mine))
                {
                    Assert.True(PexMessage.TryRead(body.AsMemory(1), out PexMessage? message));
                    foreach (PexPeer peer in message.Added)
                        told[peer.EndPoint] = peer.Flags;
                }

                return told.Count == 2;
            },
            TimeSpan.FromMinutes(5), "both peers are reported");
        Assert.True(told[encrypted.EndPoint].HasFlag(PexFlags.PrefersEncryption));
        Assert.False(told[plain.EndPoint].HasFlag(PexFlags.PrefersEncryption));
    });

    [Fact]
    public Task Our_external_address_is_the_one_reported_by_peers_of_several_networks() => World.RunAsync(seed: 4, async world =>
    {
        var torrent = new SwarmTorrent(4, Piece, 8 * Piece);
        var ours = System.Net.IPAddress.Parse("81.2.69.142");
        await using var node = new Node(world, 1);
        await node.SeedAsync(torrent);
        for (byte i = 1; i <= 3; i++)
        {
            Assert.Null(node.Client.Resources.Outside.Of(System.Net.Sockets.AddressFamily.InterNetwork));
            using FakePeer peer = await FakePeer.ConnectAsync(
                world, node, torrent, i, isExtended: true, from: world.Network.Join(new System.Net.IPAddress([1, i, 0, 1])));
            peer.Send(MessageId.Extended, [0, .. new ExtensionHandshake { YourAddress = ours }.ToBytes()]);
            await world.PassAsync(TimeSpan.FromSeconds(1));
            (MessageId _, byte[] hello) = peer.Messages.First(message => message.Id == MessageId.Extended && message.Body[0] == 0);
            Assert.True(ExtensionHandshake.TryRead(hello.AsMemory(1), out ExtensionHandshake? said));
            Assert.Equal(new System.Net.IPAddress([1, i, 0, 1]), said.YourAddress);
        }

        Assert.Equal(ours, node.Client.Resources.Outside.Of(System.Net.Sockets.AddressFamily.InterNetwork));
    });

    private static Node Make(World world, int seed, EncryptionPolicy encryption) =>
        new(world, seed, settings: settings => settings with { Encryption = encryption });
}
