using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol.Proxies;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that takes engine settings. Settings that are not given stay unchanged.</summary>
public abstract class PatronSettingsCmdlet : PipelineCmdlet
{
    private const string NoProxy = "none";

    /// <summary>The port to listen on; 0 means any free port, -1 means not to listen.</summary>
    [Parameter]
    [ValidateRange(-1, IPEndPoint.MaxPort)]
    public int? Port { get; set; }

    /// <summary>The address to listen on and to connect from.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? BindAddress { get; set; }

    /// <summary>The network interface to bind all traffic to: its name or one of its addresses; empty means none.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? BindInterface { get; set; }

    /// <summary>Files of blocked addresses; an empty list blocks none.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[]? IPFilter { get; set; }

    /// <summary>The only addresses to connect to or accept: addresses, networks or ranges; an empty list allows all.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[]? AllowOnly { get; set; }

    /// <summary>Download limit of all torrents together, in bytes/s; 0 means no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Upload limit of all torrents together, in bytes/s; 0 means no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxUploadRate { get; set; }

    /// <summary>Apply the limits to peers in the local network too.</summary>
    [Parameter]
    public SwitchParameter LimitLocalPeers { get; set; }

    /// <summary>Peer classes with their own limits; an empty list leaves only the class of the local network.</summary>
    [Parameter]
    [PeerClassTransformation]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public PeerClass[]? PeerClass { get; set; }

    /// <summary>Maximum number of connected peers in all.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MaxPeers { get; set; }

    /// <summary>Maximum number of connected peers per torrent.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MaxPeersPerTorrent { get; set; }

    /// <summary>Maximum number of torrents that download at a time; 0 means no limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? MaxActiveDownloads { get; set; }

    /// <summary>Maximum number of torrents that seed at a time; 0 means no limit.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? MaxActiveSeeds { get; set; }

    /// <summary>Whether connections to peers are encrypted.</summary>
    [Parameter]
    public EncryptionPolicy? Encryption { get; set; }

    /// <summary>The transport protocols for peer connections.</summary>
    [Parameter]
    public TransportPolicy? Transport { get; set; }

    /// <summary>The address that trackers should give to peers for this client.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? AnnounceAddress { get; set; }

    /// <summary>The differentiated services code point of packets to peers, 0 to 63; 0 means none.</summary>
    [Parameter]
    [ValidateRange(0, 63)]
    public int? CodePoint { get; set; }

    /// <summary>Whether peers are told which pieces are in memory.</summary>
    [Parameter]
    public SwitchParameter SuggestPieces { get; set; }

    /// <summary>Whether to ask the router to forward the port.</summary>
    [Parameter]
    public PortMappingPolicy? PortMapping { get; set; }

    /// <summary>The proxy for outgoing connections, such as <c>socks5://127.0.0.1:1080</c>; <c>none</c> means no proxy.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Proxy { get; set; }

    /// <summary>The user and password for the proxy.</summary>
    [Parameter]
    [ValidateNotNull]
    [Credential]
    public PSCredential? ProxyCredential { get; set; }

    /// <summary>The traffic that goes through the proxy; by default all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ProxyUses[]? ProxyFor { get; set; }

    /// <summary>Time between two status updates of an active torrent.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StatusInterval { get; set; }

    /// <summary>Whether any setting was given.</summary>
    private protected bool HasSettings => Port is not null || BindAddress is not null || BindInterface is not null
        || IPFilter is not null || AllowOnly is not null || MaxDownloadRate is not null || IsLimitLocalPeersGiven || PeerClass is not null
        || MaxUploadRate is not null || MaxPeers is not null || MaxPeersPerTorrent is not null || MaxActiveDownloads is not null
        || MaxActiveSeeds is not null || Encryption is not null
        || Transport is not null || AnnounceAddress is not null || CodePoint is not null || IsSuggestGiven || PortMapping is not null
        || Proxy is not null || ProxyCredential is not null || ProxyFor is not null || StatusInterval is not null;

    /// <summary>Why a given setting has no effect in combination with the others; null if it has.</summary>
    /// <param name="settings">All settings.</param>
    private protected string? VainIn(ClientSettings settings) => PortMapping != PortMappingPolicy.On ? null
        : settings.BindTarget != BindTarget.None ? "-PortMapping On has no effect while the patron is bound to an interface or address: it asks no router to forward the port."
        : settings.Proxy?.IsFor(ProxyUses.Peers) == true ? "-PortMapping On has no effect while peers are reached through a proxy: the patron asks no router to forward the port."
        : settings.ListenPort < 0 ? "-PortMapping On has no effect while the patron does not listen: it asks no router to forward the port."
        : null;

    /// <summary>Whether the switch was given; <c>:$false</c> lifts an earlier setting.</summary>
    private bool IsLimitLocalPeersGiven => MyInvocation.BoundParameters.ContainsKey(nameof(LimitLocalPeers));

    /// <summary>Whether a filter of addresses was given.</summary>
    private protected bool HasFilter => IPFilter is not null || AllowOnly is not null;

    /// <summary>The files of the filter. On the pipeline's thread.</summary>
    private protected string[] FilterPaths() => [.. (IPFilter ?? []).Select(path => this.ResolveDestination(path))];

    /// <summary>The settings with the given parts of the address filter replaced; the other parts stay and are not read again.</summary>
    /// <exception cref="TorrentException">A filter file cannot be used, or an allowed address is invalid.</exception>
    private protected async Task<ClientSettings> FilterAsync(
        ClientSettings settings, IReadOnlyList<string> paths, ICommandOutput output, CancellationToken cancellation)
    {
        AddressFilter? given = await FilterFiles.LoadAsync(paths, AllowOnly ?? [], cancellation).ConfigureAwait(false);
        if (given?.Warning is { } warning)
            await output.WarnAsync(warning.ToString()).ConfigureAwait(false);
        return settings with { Filter = AddressFilter.Over(settings.Filter, given, IPFilter is not null, AllowOnly is not null) };
    }

    /// <summary>The settings with the given ones replaced.</summary>
    /// <exception cref="TorrentException">The proxy, or its user or password, is invalid.</exception>
    private protected ClientSettings Over(ClientSettings settings) => settings with
    {
        ListenPort = Port ?? settings.ListenPort,
        BindAddress = BindAddress ?? settings.BindAddress,
        BindInterface = BindInterface is null ? settings.BindInterface : BindInterface.Length == 0 ? null : BindInterface,
        Limits = new RateLimits(MaxDownloadRate ?? settings.Limits.Download, MaxUploadRate ?? settings.Limits.Upload),
        LimitLocalPeers = IsLimitLocalPeersGiven ? LimitLocalPeers : settings.LimitLocalPeers,
        PeerClasses = PeerClass is null ? settings.PeerClasses : [.. PeerClass],
        MaxPeers = MaxPeers ?? settings.MaxPeers,
        MaxPeersPerTorrent = MaxPeersPerTorrent ?? settings.MaxPeersPerTorrent,
        MaxActiveDownloads = MaxActiveDownloads ?? settings.MaxActiveDownloads,
        MaxActiveSeeds = MaxActiveSeeds ?? settings.MaxActiveSeeds,
        Encryption = Encryption ?? settings.Encryption,
        Transport = Transport ?? settings.Transport,
        AnnounceAddress = AnnounceAddress ?? settings.AnnounceAddress,
        CodePoint = CodePoint ?? settings.CodePoint,
        SuggestPieces = IsSuggestGiven ? SuggestPieces : settings.SuggestPieces,
        PortMapping = PortMapping ?? settings.PortMapping,
        Proxy = ProxyOver(settings.Proxy),
        StatusInterval = StatusInterval ?? settings.StatusInterval,
    };

    private bool IsSuggestGiven => MyInvocation.BoundParameters.ContainsKey(nameof(SuggestPieces));

    private ProxySettings? ProxyOver(ProxySettings? before)
    {
        if (Proxy is null && ProxyCredential is null && ProxyFor is null)
            return before;
        ProxySettings? proxy = before;
        TorrentError? error = null;
        if (string.Equals(Proxy, NoProxy, StringComparison.OrdinalIgnoreCase))
            proxy = null;
        // A new proxy must not receive the old proxy's user and password.
        else if (Proxy is not null && ProxySettings.TryParse(Proxy, out proxy, out error))
            proxy = proxy with { Credential = before?.ToString() == proxy.ToString() ? before.Credential : null, Uses = before?.Uses ?? ProxyUses.All };
        if (error is null && proxy is null && (ProxyCredential is not null || ProxyFor is not null))
            error = new TorrentError(TorrentErrorId.InvalidArgument, "-ProxyCredential and -ProxyFor need a proxy, and none is set.", "Set one with -Proxy.");
        ProxyUses? uses = ProxyFor?.Aggregate(static (all, use) => all | use);
        if (error is null && uses == ProxyUses.None)
            error = new TorrentError(TorrentErrorId.InvalidArgument, "-ProxyFor is empty, so the proxy would carry nothing.", "Give -ProxyFor Peers, Trackers or Web, or -Proxy none.");
        if (error is null && proxy is not null)
        {
            proxy = proxy with
            {
                Credential = ProxyCredential is null ? proxy.Credential : new ProxyCredential(ProxyCredential.UserName, ProxyCredential.GetNetworkCredential().Password),
                Uses = uses ?? proxy.Uses,
            };
            error = proxy.Check();
        }

        return error is null ? proxy : throw new TorrentException(error);
    }
}
