using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Adds trackers to torrents.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentTracker", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class AddTorrentTrackerCommand : AddAddressCmdlet
{
    /// <summary>The announce addresses: http, https or udp.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Tracker")]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    private protected override (string Name, Uri[] Given) Parameter => (nameof(Uri), Uri);

    private protected override bool TryRead(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out TorrentError? error)
    {
        bool isRead = AddressReader.TryReadTracker(text, out address, out string? fault);
        error = isRead ? null : CommandErrors.BadTracker(fault!);
        return isRead;
    }

    private protected override string Action(TorrentTarget torrent) => $"Add tracker {string.Join(", ", Addresses.Select(MaskedAddress.OfTracker))}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AddSourcesAsync(torrent.Torrent, peers: [], Addresses, cancellation);
}
