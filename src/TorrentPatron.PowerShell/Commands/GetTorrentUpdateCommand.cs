using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Requests newer torrents from the update addresses of torrents (BEP 39).</summary>
/// <remarks>
/// This process sends the request, even if a service of another process runs the torrent. It uses the patron's network, which follows
/// the service's settings.
/// </remarks>
[Cmdlet(VerbsCommon.Get, "TorrentUpdate", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentUpdate))]
public sealed class GetTorrentUpdateCommand : SourceCmdlet
{
    private TorrentFileWriter? _writer;

    /// <summary>The file or folder to write newer .torrent files to; by default none is written.</summary>
    [Parameter(Position = 1)]
    [Alias("OutFile", "OutputPath")]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Replaces an existing .torrent file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Destination is not null)
            _writer = new TorrentFileWriter(this.ResolveDestination(Destination), Force);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (SourceItem item in Sources())
        {
            INetwork network = (Patron ?? item.Running?.Patron ?? item.Saved?.Patron)?.Service.Network ?? Network;
            Run((output, cancellation) => AskAsync(item, network, output, cancellation));
        }
    }

    private static async Task<TorrentMetainfo> ReadAsync(SourceItem item, INetwork network, CancellationToken cancellationToken)
    {
        // Some engines do not return a torrent's metadata; then the saved state has it.
        if (item.Running is { } running && (item.Metainfo ?? running.Patron.Service.States.ReadMetainfo(running.Torrent)) is { } known)
            return known;
        SourceContent content = await item.ReadContentAsync(network, cancellationToken).ConfigureAwait(false);
        return content.Metainfo ?? throw new TorrentException(item.Running is null ? CommandErrors.OnlyLink : CommandErrors.NoTorrentFileYet(item.Name));
    }

    private async Task AskAsync(SourceItem item, INetwork network, ICommandOutput output, CancellationToken cancellationToken)
    {
        TorrentMetainfo torrent;
        UpdateOffer? offer = null;
        try
        {
            torrent = await ReadAsync(item, network, cancellationToken).ConfigureAwait(false);
            if (torrent.UpdateUrl is not null)
                offer = await new UpdateReader(network: network).AskAsync(torrent, cancellationToken).ConfigureAwait(false);
        }
        catch (TorrentException fault)
        {
            await output.FailAsync(new CommandFailure(fault.Error, item.Given, fault)).ConfigureAwait(false);
            return;
        }

        string? path = null;
        if (_writer is not null && offer?.Torrent is { } newer)
            path = await WriteAsync(_writer, newer, item.Given, output, cancellationToken).ConfigureAwait(false);
        await output.EmitAsync(new TorrentUpdate(torrent, offer, path)).ConfigureAwait(false);
    }

    /// <summary>Writes a newer .torrent file.</summary>
    /// <returns>The file; null if it could not be written, which has been reported.</returns>
    private static async Task<string?> WriteAsync(
        TorrentFileWriter writer, TorrentMetainfo newer, object given, ICommandOutput output, CancellationToken cancellationToken)
    {
        string file = writer.FileOf(newer.Name);
        TorrentError? error = writer.FindObstacle(file);
        if (error is null)
        {
            if (!await output.ShouldProcessAsync(DisplayText.Clean(file), $"Write the .torrent of '{newer.Name}'").ConfigureAwait(false))
                return null;
            error = await writer.WriteAsync(file, newer.Raw, cancellationToken).ConfigureAwait(false);
        }

        if (error is null)
            return file;
        await output.FailAsync(new CommandFailure(error, given)).ConfigureAwait(false);
        return null;
    }
}
