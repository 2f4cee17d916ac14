using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Adds web seeds to torrents.</summary>
[Cmdlet(VerbsCommon.Add, "TorrentWebSeed", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class AddTorrentWebSeedCommand : AddAddressCmdlet
{
    /// <summary>The addresses: http or https.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("WebSeed")]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    private protected override (string Name, Uri[] Given) Parameter => (nameof(Uri), Uri);

    private protected override bool TryRead(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out TorrentError? error)
    {
        bool isRead = AddressReader.TryReadWebSeed(text, out address, out string? fault);
        error = isRead ? null : CommandErrors.BadWebSeed(fault!);
        return isRead;
    }

    private protected override string Action(TorrentTarget torrent) => $"Add web seed {string.Join(", ", Addresses.Select(MaskedAddress.OfWebSeed))}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.AddWebSeedsAsync(torrent.Torrent, Addresses, cancellation);
}
