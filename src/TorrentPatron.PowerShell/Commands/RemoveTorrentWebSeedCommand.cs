using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Removes web seeds from torrents.</summary>
[Cmdlet(VerbsCommon.Remove, "TorrentWebSeed", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class RemoveTorrentWebSeedCommand : RemoveAddressCmdlet<TorrentWebSeed>
{
    /// <summary>Addresses of web seeds, or patterns.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("WebSeed")]
    [ArgumentCompleter(typeof(WebSeedCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Uri { get; set; } = [];

    private protected override string[] Texts => Uri;

    private protected override IReadOnlyList<TorrentWebSeed> Find(TorrentTarget torrent, string[] texts, NameSearch search) =>
        torrent.WebSeedsNamed(texts, search);

    private protected override TorrentError Missing(object given, NameSearch among) => CommandErrors.NoSuchWebSeed(given, among);

    private protected override TorrentError Ambiguous(string text, int count, TorrentStatus torrent) =>
        CommandErrors.AmbiguousWebSeed(text, count, torrent);

    private protected override string Action(TorrentTarget torrent) => $"Remove web seed {string.Join(", ", Named)}";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.RemoveWebSeedsAsync(torrent.Torrent, [.. Named.Select(seed => seed.Uri)], cancellation);
}
