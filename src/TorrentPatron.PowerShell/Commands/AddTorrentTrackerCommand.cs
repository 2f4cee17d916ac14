using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Gives torrents more trackers to ask.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentTracker", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class AddTorrentTrackerCommand : ChangeTorrentCmdlet
{
    /// <summary>The announce addresses: http, https or udp.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [Alias("Tracker")]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    private protected override string Action(TorrentTarget torrent) => $"Add tracker {string.Join(", ", Uri.Select(uri => uri.OriginalString))}";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Array.Find(Uri, uri => !uri.IsAbsoluteUri || uri.Scheme is not ("http" or "https" or "udp")) is { } unusable)
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.BadTracker(unusable.OriginalString), unusable)));
    }

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AddSourcesAsync(torrent.Torrent, peers: [], Uri, cancellation);
}
