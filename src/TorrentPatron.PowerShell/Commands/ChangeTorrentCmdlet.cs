using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that changes each of the torrents that it is given.</summary>
public abstract class ChangeTorrentCmdlet : NamedTorrentCmdlet
{
    /// <summary>Write the torrents' statuses after the change.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Change(Select());

    /// <summary>Changes torrents.</summary>
    private protected void Change(IReadOnlyList<TorrentTarget> torrents)
    {
        Run(async (output, cancellation) =>
        {
            foreach (TorrentTarget torrent in torrents)
                await ChangeAsync(torrent, output, cancellation).ConfigureAwait(false);
        });
    }

    /// <summary>Describes the change for <c>-WhatIf</c> and <c>-Confirm</c>.</summary>
    private protected abstract string Action(TorrentTarget torrent);

    /// <summary>Sends the change to the torrent's patron.</summary>
    private protected abstract Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation);

    /// <summary>Changes one torrent.</summary>
    private protected virtual Task ChangeAsync(TorrentTarget torrent, ICommandOutput output, CancellationToken cancellation) =>
        new TorrentCommander(output).DoAsync(torrent, Action(torrent), CommandAsync, PassThru, cancellation);
}
