using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Makes a patron: a handle on torrents, with events. One with settings of its own gets an engine of its own; any other
/// shares the session's.
/// </summary>
[Cmdlet(VerbsCommon.New, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class NewTorrentPatronCommand : PipelineCmdlet
{
    /// <summary>What to call it.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The port to listen on; 0: any free one; -1: do not listen.</summary>
    [Parameter]
    [ValidateRange(-1, IPEndPoint.MaxPort)]
    public int Port { get; set; }

    /// <summary>The address to listen on and to dial from.</summary>
    [Parameter]
    [ValidateNotNull]
    public IPAddress? BindAddress { get; set; }

    /// <summary>The folder of the saved state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>Most to receive over all torrents, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long MaxDownloadRate { get; set; }

    /// <summary>Most to send over all torrents, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long MaxUploadRate { get; set; }

    /// <summary>Most peers connected in all.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int MaxPeers { get; set; } = new ClientSettings().MaxPeers;

    /// <summary>Most peers connected to one torrent.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int MaxPeersPerTorrent { get; set; } = new ClientSettings().MaxPeersPerTorrent;

    /// <summary>Time between two status updates of an active torrent.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan StatusInterval { get; set; } = new ClientSettings().StatusInterval;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        bool isOwn = MyInvocation.BoundParameters.Keys.Any(name => name is nameof(Port) or nameof(BindAddress)
            or nameof(StatePath) or nameof(MaxDownloadRate) or nameof(MaxUploadRate) or nameof(MaxPeers)
            or nameof(MaxPeersPerTorrent) or nameof(StatusInterval));
        WriteObject(RunspacePatrons.Current.Create(Name, isOwn ? Settings() : null));
    }

    private ServiceSettings Settings() => new()
    {
        StatePath = StatePath is null ? StateFolder.DefaultPath : this.ResolveDestination(StatePath),
        Client = new ClientSettings
        {
            ListenPort = Port,
            BindAddress = BindAddress,
            Limits = new RateLimits(MaxDownloadRate, MaxUploadRate),
            MaxPeers = MaxPeers,
            MaxPeersPerTorrent = MaxPeersPerTorrent,
            StatusInterval = StatusInterval,
        },
    };
}
