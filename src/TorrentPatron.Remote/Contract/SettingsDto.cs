using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>The settings of a service and its engine on the wire. The interval is seconds; rates are bytes/s.</summary>
/// <remarks>
/// Of an IP filter only its size is reported; a client that changes settings keeps parts of it, removes them, or uploads new ones. A proxy's
/// password goes to the service and never comes back: <see cref="ProxyDto.KeepCredential"/>.
/// </remarks>
internal sealed class SettingsDto
{
    private const int MostPeers = 100_000;
    private const long MostQueuedBytes = 4L << 30;
    private const int MostDiskThreads = 256;

    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(10);

    public string? Engine { get; set; }

    public string? StatePath { get; set; }

    public int ListenPort { get; set; }

    public string? BindAddress { get; set; }

    public string? BindInterface { get; set; }

    public FilterDto? Filter { get; set; }

    public long MaxDownloadRate { get; set; }

    public long MaxUploadRate { get; set; }

    public bool LimitLocalPeers { get; set; }

    public PeerClassDto[]? PeerClasses { get; set; }

    public int MaxPeersPerTorrent { get; set; }

    public int MaxPeers { get; set; }

    public int MaxActiveDownloads { get; set; }

    public int MaxActiveSeeds { get; set; }

    public double StatusInterval { get; set; }

    public long MaxQueuedBytes { get; set; }

    public DhtSettingsDto? Dht { get; set; }

    public bool LocalDiscovery { get; set; }

    public string? Encryption { get; set; }

    public int CodePoint { get; set; }

    public string? AnnounceAddress { get; set; }

    public string? Transport { get; set; }

    public string? PortMapping { get; set; }

    public ProxyDto? Proxy { get; set; }

    public bool SuggestPieces { get; set; }

    public int DiskThreads { get; set; }

    /// <summary>Writes the engine's settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="withSecrets">Whether to write a proxy's password too.</param>
    public static SettingsDto Of(ClientSettings settings, bool withSecrets) => new()
    {
        ListenPort = settings.ListenPort,
        BindAddress = Wire.OfAddress(settings.BindAddress),
        BindInterface = settings.BindInterface,
        Filter = FilterDto.Of(settings.Filter),
        MaxDownloadRate = settings.Limits.Download,
        MaxUploadRate = settings.Limits.Upload,
        LimitLocalPeers = settings.LimitLocalPeers,
        PeerClasses = Wire.OfList(settings.PeerClasses, PeerClassDto.Of),
        MaxPeersPerTorrent = settings.MaxPeersPerTorrent,
        MaxPeers = settings.MaxPeers,
        MaxActiveDownloads = settings.MaxActiveDownloads,
        MaxActiveSeeds = settings.MaxActiveSeeds,
        StatusInterval = settings.StatusInterval.TotalSeconds,
        MaxQueuedBytes = settings.MaxQueuedBytes,
        Dht = DhtSettingsDto.Of(settings.Dht),
        LocalDiscovery = settings.LocalDiscovery,
        Encryption = settings.Encryption.ToString(),
        CodePoint = settings.CodePoint,
        AnnounceAddress = Wire.OfAddress(settings.AnnounceAddress),
        Transport = settings.Transport.ToString(),
        PortMapping = settings.PortMapping.ToString(),
        Proxy = ProxyDto.Of(settings.Proxy, withSecrets),
        SuggestPieces = settings.SuggestPieces,
        DiskThreads = settings.DiskThreads,
    };

    /// <summary>Writes a service's settings, without secrets.</summary>
    public static SettingsDto Of(ServiceSettings settings)
    {
        SettingsDto written = Of(settings.Client, withSecrets: false);
        written.Engine = settings.Engine;
        written.StatePath = settings.StatePath;
        return written;
    }

    /// <summary>Reads the engine's settings, except the filter and the kept parts of a proxy.</summary>
    public ClientSettings ToClient() => new()
    {
        ListenPort = ListenPort,
        BindAddress = Wire.ToAddress(BindAddress),
        BindInterface = BindInterface,
        Limits = new RateLimits(MaxDownloadRate, MaxUploadRate),
        LimitLocalPeers = LimitLocalPeers,
        PeerClasses = PeerClassDto.ToClasses(PeerClasses),
        MaxPeersPerTorrent = MaxPeersPerTorrent,
        MaxPeers = MaxPeers,
        MaxActiveDownloads = MaxActiveDownloads,
        MaxActiveSeeds = MaxActiveSeeds,
        StatusInterval = Wire.ToTime(StatusInterval),
        MaxQueuedBytes = MaxQueuedBytes,
        Dht = Dht?.ToSettings() ?? new DhtSettings(),
        LocalDiscovery = LocalDiscovery,
        Encryption = Wire.ToEnum<EncryptionPolicy>(Encryption),
        CodePoint = CodePoint,
        AnnounceAddress = Wire.ToAddress(AnnounceAddress),
        Transport = Wire.ToEnum<TransportPolicy>(Transport),
        PortMapping = Wire.ToEnum<PortMappingPolicy>(PortMapping),
        Proxy = Proxy?.ToProxy(),
        SuggestPieces = SuggestPieces,
        DiskThreads = DiskThreads,
    };

    /// <summary>Reads the engine's settings as a change: settings that are not part of the contract stay unchanged.</summary>
    /// <param name="before">The settings until now.</param>
    /// <param name="take">Takes an upload; null if there are none.</param>
    /// <exception cref="TorrentException">A setting is invalid.</exception>
    public ClientSettings Over(ClientSettings before, Func<string, byte[]>? take = null)
    {
        ClientSettings settings = ToClient();
        Check(settings.ListenPort is >= -1 and <= ushort.MaxValue, "a port", settings.ListenPort);
        Check(settings.MaxPeers >= 1, "a number of peers", settings.MaxPeers);
        Check(settings.MaxPeersPerTorrent >= 1, "a number of peers", settings.MaxPeersPerTorrent);
        Check(settings.MaxActiveDownloads >= 0, "a number of torrents", settings.MaxActiveDownloads);
        Check(settings.MaxActiveSeeds >= 0, "a number of torrents", settings.MaxActiveSeeds);
        Check(settings.Limits.Download >= 0, "a rate", settings.Limits.Download);
        Check(settings.Limits.Upload >= 0, "a rate", settings.Limits.Upload);
        Check(settings.StatusInterval >= ShortestInterval, "a status interval", settings.StatusInterval);
        Check(settings.MaxPeers <= MostPeers, "a number of peers", settings.MaxPeers);
        Check(settings.MaxPeersPerTorrent <= MostPeers, "a number of peers", settings.MaxPeersPerTorrent);
        Check(settings.StatusInterval <= LongestInterval, "a status interval", settings.StatusInterval);
        Check(settings.MaxQueuedBytes is >= 0 and <= MostQueuedBytes, "a number of bytes", settings.MaxQueuedBytes);
        Check(settings.DiskThreads is >= 0 and <= MostDiskThreads, "a number of threads", settings.DiskThreads);
        Check(settings.CodePoint is >= 0 and <= 63, "a code point", settings.CodePoint);
        return settings with
        {
            Filter = Filter?.Over(before.Filter, take ?? (name => throw new TorrentException(ContractErrors.InvalidValue(name, "an upload")))),
            Dht = settings.Dht with { Store = before.Dht.Store },
            Proxy = settings.Proxy is { } proxy && Proxy!.KeepCredential && before.Proxy is { } old && old.Kind == proxy.Kind && old.Host == proxy.Host
                ? proxy with { Credential = old.Credential }
                : settings.Proxy,
        };
    }

    private static void Check(bool isGood, string what, object value)
    {
        if (!isGood)
            throw new TorrentException(ContractErrors.InvalidValue(FormattableString.Invariant($"{value}"), what));
    }

    /// <summary>Reads a service's settings.</summary>
    public ServiceSettings ToService() => new() { Engine = Engine ?? "", StatePath = StatePath ?? "", Client = ToClient() };
}
