using System.Management.Automation;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Shows the contents of .torrent files without starting them.</summary>
[Cmdlet(VerbsCommon.Get, "TorrentInfo", DefaultParameterSetName = PathSet)]
[OutputType(typeof(TorrentInfo))]
public sealed class GetTorrentInfoCommand : SourceCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (SourceItem item in Sources())
        {
            INetwork? network = item.Source.Address is null ? null : Network;
            Run((output, cancellation) => ReadAsync(item, network, output, cancellation));
        }
    }

    private static async Task ReadAsync(SourceItem item, INetwork? network, ICommandOutput output, CancellationToken cancellation)
    {
        CommandFailure failure;
        try
        {
            SourceContent content = await item.ReadContentAsync(network, cancellation).ConfigureAwait(false);
            TorrentMetainfo metainfo = content.Metainfo ?? throw new TorrentException(CommandErrors.OnlyLink);
            await output.EmitAsync(new TorrentInfo(metainfo, content.Reach)).ConfigureAwait(false);
            return;
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, item.Given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }
}
