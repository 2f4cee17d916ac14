using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class PeerSnapshotTests
{
    private static readonly PeerSnapshot Idle = new() { EndPoint = new IPEndPoint(IPAddress.Loopback, 1), IsChoking = true, AmChoking = true };

    [Fact]
    public void Flags_are_the_letters_that_other_clients_show()
    {
        Assert.Equal("", Idle.Flags);
        Assert.Equal("d", (Idle with { AmInterested = true }).Flags);
        Assert.Equal("D", (Idle with { AmInterested = true, IsChoking = false }).Flags);
        Assert.Equal("K", (Idle with { IsChoking = false }).Flags);
        Assert.Equal("u", (Idle with { IsInterested = true }).Flags);
        Assert.Equal("U", (Idle with { IsInterested = true, AmChoking = false }).Flags);
        Assert.Equal("?", (Idle with { AmChoking = false }).Flags);
        Assert.Equal("X", (Idle with { Source = PeerSource.PeerExchange }).Flags);
        Assert.Equal("L", (Idle with { Source = PeerSource.LocalDiscovery }).Flags);
        Assert.Equal("e", (Idle with { Encryption = EncryptionMethods.Plaintext }).Flags);
    }

    [Fact]
    public void All_flags_at_once_fit() => Assert.Equal(
        "DUOSIHEP",
        (Idle with
        {
            AmInterested = true, IsChoking = false, IsInterested = true, AmChoking = false, IsOptimistic = true, IsSnubbed = true,
            IsIncoming = true, Source = PeerSource.Dht, Encryption = EncryptionMethods.Rc4, Transport = PeerTransport.Utp,
        }).Flags);
}
