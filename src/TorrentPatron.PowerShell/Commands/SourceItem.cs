using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A torrent that a cmdlet was given.</summary>
/// <param name="Source">Where to read it.</param>
/// <param name="Given">What the user gave.</param>
internal sealed record SourceItem(TorrentSource Source, object Given)
{
    /// <summary>The running torrent, where it was named by its info hash and runs.</summary>
    public TorrentTarget? Running { get; init; }

    /// <summary>What is saved of it, where it was named by its info hash and does not run.</summary>
    public SavedTarget? Saved { get; init; }

    /// <summary>What it is called, as far as that is known before it is read.</summary>
    public string Name => Metainfo?.Name ?? Running?.Status.Name ?? Saved?.Name ?? (Source.FilePath is { } path
        ? DisplayText.Clean(System.IO.Path.GetFileNameWithoutExtension(path))
        : Source.ToString());

    /// <summary>What is in it, as far as that is known without reading anything.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>How near the source of <see cref="Metainfo"/> is.</summary>
    public AddressReach Reach { get; init; }

    /// <summary>Reads what is in it, or the link to it.</summary>
    /// <param name="network">The way to a source that is an address; null: any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentPatron.Service.Errors.TorrentException">It cannot be read.</exception>
    public async Task<SourceContent> ReadContentAsync(INetwork? network, CancellationToken cancellationToken) => Metainfo is not null
        ? new SourceContent(Metainfo) { Reach = Reach }
        : await new SourceReader(network: network).ReadContentAsync(Source, cancellationToken).ConfigureAwait(false);
}
