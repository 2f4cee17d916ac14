using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that is given settings of an engine. What is not given stays as it is.</summary>
public abstract class PatronSettingsCmdlet : PipelineCmdlet
{
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

    /// <summary>Whether the router is asked to let peers in.</summary>
    [Parameter]
    public PortMappingPolicy? PortMapping { get; set; }

    /// <summary>Time between two status updates of an active torrent.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StatusInterval { get; set; }

    /// <summary>Whether any setting was given.</summary>
    private protected bool HasSettings => Port is not null || BindAddress is not null || BindInterface is not null || MaxDownloadRate is not null
        || MaxUploadRate is not null || MaxPeers is not null || MaxPeersPerTorrent is not null || Encryption is not null
        || Transport is not null || AnnounceAddress is not null || CodePoint is not null || PortMapping is not null || StatusInterval is not null;

    /// <summary>Why a setting that was given has no effect beside the others; null: it has.</summary>
    /// <param name="settings">All settings.</param>
    private protected string? VainIn(ClientSettings settings) => PortMapping != PortMappingPolicy.On ? null
        : settings.BindTarget != BindTarget.None ? "No router is asked to let peers in while the patron is bound to an interface or address: -PortMapping On has no effect."
        : settings.ListenPort < 0 ? "No router is asked to let peers in while nothing is listened on: -PortMapping On has no effect."
        : null;

    /// <summary>Settings, with those that were given in place of what was.</summary>
    private protected ClientSettings Over(ClientSettings settings) => settings with
    {
        ListenPort = Port ?? settings.ListenPort,
        BindAddress = BindAddress ?? settings.BindAddress,
        BindInterface = BindInterface is null ? settings.BindInterface : BindInterface.Length == 0 ? null : BindInterface,
        Limits = new RateLimits(MaxDownloadRate ?? settings.Limits.Download, MaxUploadRate ?? settings.Limits.Upload),
        MaxPeers = MaxPeers ?? settings.MaxPeers,
        MaxPeersPerTorrent = MaxPeersPerTorrent ?? settings.MaxPeersPerTorrent,
        Encryption = Encryption ?? settings.Encryption,
        Transport = Transport ?? settings.Transport,
        AnnounceAddress = AnnounceAddress ?? settings.AnnounceAddress,
        CodePoint = CodePoint ?? settings.CodePoint,
        PortMapping = PortMapping ?? settings.PortMapping,
        StatusInterval = StatusInterval ?? settings.StatusInterval,
    };
}
