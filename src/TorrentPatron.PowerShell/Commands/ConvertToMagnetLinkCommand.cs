using System.Management.Automation;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Writes the magnet links of torrents.</summary>
[Cmdlet(VerbsData.ConvertTo, "MagnetLink", DefaultParameterSetName = PathSet)]
[OutputType(typeof(string))]
public sealed class ConvertToMagnetLinkCommand : SourceCmdlet
{
    /// <summary>Omit the trackers; their addresses may contain a personal key.</summary>
    [Parameter]
    public SwitchParameter NoTracker { get; set; }

    /// <summary>Include the trackers of private torrents, whose addresses contain a personal key.</summary>
    [Parameter]
    public SwitchParameter IncludePrivateTracker { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (SourceItem item in Sources())
        {
            INetwork? network = item.Source.Address is null ? null : Network;
            Run((output, cancellation) => ConvertAsync(item, network, output, cancellation));
        }
    }

    private async Task ConvertAsync(SourceItem item, INetwork? network, ICommandOutput output, CancellationToken cancellation)
    {
        CommandFailure failure;
        try
        {
            SourceContent content = await item.ReadContentAsync(network, cancellation).ConfigureAwait(false);
            bool isKept = !NoTracker && (IncludePrivateTracker || content.Metainfo is not { IsPrivate: true });
            MagnetLink link = content.Magnet ?? MagnetLink.Of(content.Metainfo!);
            if (!NoTracker && !isKept && link.Trackers.Count > 0)
            {
                await output.WarnAsync(
                    $"{link.Name}: the link omits the private torrent's trackers, which may contain your key. Use -IncludePrivateTracker to include them.")
                    .ConfigureAwait(false);
            }

            await output.EmitAsync((isKept ? link : link with { Trackers = [] }).ToString()).ConfigureAwait(false);
            return;
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, item.Given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }
}
