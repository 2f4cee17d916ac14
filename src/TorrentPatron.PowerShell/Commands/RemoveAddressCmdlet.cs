using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that removes trackers or web seeds from torrents.</summary>
/// <typeparam name="T">A tracker or a web seed.</typeparam>
public abstract class RemoveAddressCmdlet<T> : ChangeTorrentCmdlet
{
    private readonly NameSearch _search = new();

    /// <summary>The trackers or web seeds of the current torrent to remove.</summary>
    private protected IReadOnlyList<T> Named { get; private set; } = [];

    /// <summary>The given addresses and patterns.</summary>
    private protected abstract string[] Texts { get; }

    /// <summary>Finds a torrent's trackers or web seeds by addresses and patterns.</summary>
    private protected abstract IReadOnlyList<T> Find(TorrentTarget torrent, string[] texts, NameSearch search);

    /// <summary>The error for an address that no torrent has.</summary>
    private protected abstract TorrentError Missing(object given, NameSearch among);

    /// <summary>The error for a masked address that matches several.</summary>
    private protected abstract TorrentError Ambiguous(string text, int count, TorrentStatus torrent);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (object missing in _search.Missing)
            Fail(Missing(missing, _search), missing);
    }

    private protected override async Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation)
    {
        // The mask may hide a different key in each, so none is removed.
        foreach (string text in Texts.Where(text => text.Contains(MaskedAddress.Mask, StringComparison.Ordinal)))
        {
            if (Find(torrent, [text], _search) is { Count: > 1 } several)
            {
                await output.FailAsync(new CommandFailure(Ambiguous(text, several.Count, torrent.Status), text)).ConfigureAwait(false);
                return;
            }
        }

        Named = Find(torrent, Texts, _search);
        if (Named.Count > 0)
            await base.ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
    }
}
