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
    /// <summary>The running torrent, if it was given by its info hash and runs.</summary>
    public TorrentTarget? Running { get; init; }

    /// <summary>The saved torrent, if it was given by its info hash and does not run.</summary>
    public SavedTarget? Saved { get; init; }

    /// <summary>Its name, as far as that is known before it is read.</summary>
    public string Name => Metainfo?.Name ?? Running?.Status.Name ?? Saved?.Name ?? (Source.FilePath is { } path
        ? DisplayText.Clean(System.IO.Path.GetFileNameWithoutExtension(path))
        : Source.ToString());

    /// <summary>Its metainfo, if that is known without reading anything.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The reach of the source of <see cref="Metainfo"/>.</summary>
    public AddressReach Reach { get; init; }

    /// <summary>Reads its metainfo or its link.</summary>
    /// <param name="network">The network for a source that is an address; null means any.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="TorrentPatron.Service.Errors.TorrentException">It cannot be read.</exception>
    public async Task<SourceContent> ReadContentAsync(INetwork? network, CancellationToken cancellationToken) => Metainfo is not null
        ? new SourceContent(Metainfo) { Reach = Reach }
        : await new SourceReader(network: network).ReadContentAsync(Source, cancellationToken).ConfigureAwait(false);
}
