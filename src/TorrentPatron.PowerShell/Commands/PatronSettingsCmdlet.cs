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

/// <summary>A cmdlet that is given settings of an engine. What is not given stays as it is.</summary>
public abstract class PatronSettingsCmdlet : PipelineCmdlet
{
    private const string NoProxy = "none";

    /// <summary>The port to listen on; 0: any free one; -1: do not listen.</summary>
    [Parameter]
    [ValidateRange(-1, IPEndPoint.MaxPort)]
    public int? Port { get; set; }

    /// <summary>The address to listen on and to dial from.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? BindAddress { get; set; }

    /// <summary>The network interface to which all traffic is bound: its name, or an address that it has; empty: none.</summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? BindInterface { get; set; }

    /// <summary>Files of addresses that nothing is exchanged with; none: no address is blocked.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[]? IPFilter { get; set; }

    /// <summary>The only addresses that anything is exchanged with: addresses, networks or ranges; none: all.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[]? AllowOnly { get; set; }

    /// <summary>Most to receive over all torrents, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Most to send over all torrents, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxUploadRate { get; set; }

    /// <summary>The limits hold for peers in the local network too.</summary>
    [Parameter]
    public SwitchParameter LimitLocalPeers { get; set; }

    /// <summary>Classes of peers with limits of their own; none: there is none but the local network.</summary>
    [Parameter]
    [PeerClassTransformation]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public PeerClass[]? PeerClass { get; set; }

    /// <summary>Most peers connected in all.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MaxPeers { get; set; }

    /// <summary>Most peers connected to one torrent.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MaxPeersPerTorrent { get; set; }

    /// <summary>Whether connections to peers are encrypted.</summary>
    [Parameter]
    public EncryptionPolicy? Encryption { get; set; }

    /// <summary>The protocols by which peers are connected.</summary>
    [Parameter]
    public TransportPolicy? Transport { get; set; }

    /// <summary>The address by which trackers are to name us.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? AnnounceAddress { get; set; }

    /// <summary>The differentiated services code point of what is sent to peers, 0 to 63; 0: none.</summary>
    [Parameter]
    [ValidateRange(0, 63)]
    public int? CodePoint { get; set; }

    /// <summary>Whether peers are told which pieces are in memory.</summary>
    [Parameter]
    public SwitchParameter SuggestPieces { get; set; }

    /// <summary>Whether the router is asked to let peers in.</summary>
    [Parameter]
    public PortMappingPolicy? PortMapping { get; set; }

    /// <summary>The proxy by which connections leave, such as <c>socks5://127.0.0.1:1080</c>; <c>none</c>: no proxy.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Proxy { get; set; }

    /// <summary>The user and password for the proxy.</summary>
    [Parameter]
    [ValidateNotNull]
    [Credential]
    public PSCredential? ProxyCredential { get; set; }

    /// <summary>What goes through the proxy; by default everything.</summary>
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
        || MaxUploadRate is not null || MaxPeers is not null || MaxPeersPerTorrent is not null || Encryption is not null
        || Transport is not null || AnnounceAddress is not null || CodePoint is not null || IsSuggestGiven || PortMapping is not null
        || Proxy is not null || ProxyCredential is not null || ProxyFor is not null || StatusInterval is not null;

    /// <summary>Why a setting that was given has no effect beside the others; null: it has.</summary>
    /// <param name="settings">All settings.</param>
    private protected string? VainIn(ClientSettings settings) => PortMapping != PortMappingPolicy.On ? null
        : settings.BindTarget != BindTarget.None ? "No router is asked to let peers in while the patron is bound to an interface or address: -PortMapping On has no effect."
        : settings.Proxy?.IsFor(ProxyUses.Peers) == true ? "No router is asked to let peers in while peers go by a proxy: -PortMapping On has no effect."
        : settings.ListenPort < 0 ? "No router is asked to let peers in while nothing is listened on: -PortMapping On has no effect."
        : null;

    /// <summary>A switch that is off is given too: it lifts what was.</summary>
    private bool IsLimitLocalPeersGiven => MyInvocation.BoundParameters.ContainsKey(nameof(LimitLocalPeers));

    /// <summary>Whether a filter of addresses was given.</summary>
    private protected bool HasFilter => IPFilter is not null || AllowOnly is not null;

    /// <summary>The files of the filter. On the pipeline's thread.</summary>
    private protected string[] FilterPaths() => [.. (IPFilter ?? []).Select(path => this.ResolveDestination(path))];

    /// <summary>The filter of addresses in place of the one that was: what was not given of it stays, without being read again.</summary>
    /// <exception cref="TorrentException">A file cannot be used, or what is allowed makes no sense.</exception>
    private protected async Task<ClientSettings> FilterAsync(
        ClientSettings settings, IReadOnlyList<string> paths, ICommandOutput output, CancellationToken cancellation)
    {
        AddressFilter? given = await FilterFiles.LoadAsync(paths, AllowOnly ?? [], cancellation).ConfigureAwait(false);
        if (given?.Warning is { } warning)
            await output.WarnAsync(warning.ToString()).ConfigureAwait(false);
        return settings with { Filter = AddressFilter.Over(settings.Filter, given, IPFilter is not null, AllowOnly is not null) };
    }

    /// <summary>Settings, with those that were given in place of what was.</summary>
    /// <exception cref="TorrentException">The proxy is not one, or its user and password are not of use.</exception>
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
        // Another proxy must not get the user and password of this one.
        else if (Proxy is not null && ProxySettings.TryParse(Proxy, out proxy, out error))
            proxy = proxy with { Credential = before?.ToString() == proxy.ToString() ? before.Credential : null, Uses = before?.Uses ?? ProxyUses.All };
        if (error is null && proxy is null && (ProxyCredential is not null || ProxyFor is not null))
            error = new TorrentError(TorrentErrorId.InvalidArgument, "There is no proxy for -ProxyCredential or -ProxyFor.", "Give it by -Proxy.");
        ProxyUses? uses = ProxyFor?.Aggregate(static (all, use) => all | use);
        if (error is null && uses == ProxyUses.None)
            error = new TorrentError(TorrentErrorId.InvalidArgument, "A proxy for nothing is none.", "Give -ProxyFor Peers, Trackers or Web, or -Proxy none.");
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
