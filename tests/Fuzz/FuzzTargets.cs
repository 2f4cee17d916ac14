using TorrentPatron.Fuzz.Targets;

namespace TorrentPatron.Fuzz;

/// <summary>Every decoder of external data.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new BencodeTarget(),
        new MetainfoTarget(),
        new WebSeedTarget(),
        new PathTarget(),
        new FilePathsTarget(),
        new DisplayTextTarget(),
        new MessageTarget(),
        new HashesTarget(),
        new HandshakeTarget(),
        new EncryptionTarget(),
        new ProxyTarget(),
        new ProxyDatagramTarget(),
        new UtpPacketTarget(),
        new UtpConnectionTarget(),
        new MagnetTarget(),
        new ExtensionHandshakeTarget(),
        new MetadataMessageTarget(),
        new PexTarget(),
        new KrpcTarget(),
        new DhtStateTarget(),
        new LocalAnnounceTarget(),
        new FilterTarget(),
        new WildcardTarget(),
        new HttpTrackerTarget(),
        new UdpTrackerTarget(),
        new PortMappingTarget(),
        new SsdpTarget(),
        new IgdTarget(),
        new CompactPeersTarget(),
        new ResumeFileTarget(),
        new ResumeContentTarget(),
        new JournalTarget(),
        new RpcTarget(),
        new RpcContractTarget(),
    ];
}
