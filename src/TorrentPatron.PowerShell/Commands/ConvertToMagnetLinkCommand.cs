using System.Management.Automation;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Writes the magnet links of torrents.</summary>
[Cmdlet(VerbsData.ConvertTo, "MagnetLink", DefaultParameterSetName = PathSet)]
[OutputType(typeof(string))]
public sealed class ConvertToMagnetLinkCommand : SourceCmdlet
{
    private const string InputObjectSet = "InputObject";

    /// <summary>What is in torrents, as Get-TorrentInfo writes it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TorrentInfo[] InputObject { get; set; } = [];

    /// <summary>Leave the trackers out; they may hold a personal key.</summary>
    [Parameter]
    public SwitchParameter NoTracker { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == InputObjectSet)
        {
            foreach (TorrentInfo info in InputObject)
                WriteObject(Link(info.ToMagnetLink()));
            return;
        }

        foreach (SourceItem item in Sources())
            Run((output, cancellation) => ConvertAsync(item, output, cancellation));
    }

    private async Task ConvertAsync(SourceItem item, ICommandOutput output, CancellationToken cancellation)
    {
        CommandFailure failure;
        try
        {
            await output.EmitAsync(Link(MagnetLink.Of(await item.ReadAsync(cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
            return;
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, item.Given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }

    private string Link(MagnetLink link) => (NoTracker ? link with { Trackers = [] } : link).ToString();
}
