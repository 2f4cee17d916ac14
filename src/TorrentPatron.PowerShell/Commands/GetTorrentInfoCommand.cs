using System.Management.Automation;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows what is in .torrents, without starting them.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TorrentInfo))]
public sealed class GetTorrentInfoCommand : SourceCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<(TorrentSource Source, object Given)> sources = Sources();
        Run(async (output, cancellation) =>
        {
            var reader = new SourceReader();
            foreach ((TorrentSource source, object given) in sources)
            {
                try
                {
                    var info = new TorrentInfo(await reader.ReadAsync(source, cancellation).ConfigureAwait(false));
                    await output.EmitAsync(info).ConfigureAwait(false);
                }
                catch (TorrentException fault)
                {
                    await output.FailAsync(new CommandFailure(fault.Error, given, fault)).ConfigureAwait(false);
                }
            }
        });
    }
}
