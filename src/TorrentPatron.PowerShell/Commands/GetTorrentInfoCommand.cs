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
        foreach ((TorrentSource source, object given) in Sources())
            Run((output, cancellation) => ReadAsync(source, given, output, cancellation));
    }

    private static async Task ReadAsync(
        TorrentSource source, object given, ICommandOutput output, CancellationToken cancellation)
    {
        CommandFailure failure;
        try
        {
            var info = new TorrentInfo(await new SourceReader().ReadAsync(source, cancellation).ConfigureAwait(false));
            await output.EmitAsync(info).ConfigureAwait(false);
            return;
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }
}
