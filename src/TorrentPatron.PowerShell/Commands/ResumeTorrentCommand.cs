using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Resumes suspended and failed torrents.</summary>
[Cmdlet(VerbsLifecycle.Resume, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class ResumeTorrentCommand : ChangeTorrentCmdlet
{
    private protected override string Action(TorrentTarget torrent) => "Resume torrent";

    private protected override Task<TorrentAnswer> CommandAsync(TorrentTarget torrent, CancellationToken cancellation) =>
        torrent.Patron.ResumeAsync(torrent.Torrent, cancellation);
}
