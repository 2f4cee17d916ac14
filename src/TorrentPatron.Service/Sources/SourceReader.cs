using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads .torrent files and magnet links from any kind of source, within bounds.</summary>
public sealed class SourceReader
{
    private readonly HttpFetcher _http;

    /// <summary>Creates a reader.</summary>
    /// <param name="time">The clock; null means the system's.</param>
    /// <param name="network">The network for downloads; null means any.</param>
    public SourceReader(TimeProvider? time = null, INetwork? network = null) =>
        _http = new HttpFetcher(time ?? TimeProvider.System, network ?? new SocketNetwork());

    /// <summary>Reads the metainfo of a .torrent of any version.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.UnsupportedSource"/> (also for a magnet link), <see cref="TorrentErrorId.SourceNotReadable"/> or
    /// <see cref="TorrentErrorId.InvalidTorrent"/>.
    /// </exception>
    public async Task<TorrentMetainfo> ReadAsync(TorrentSource source, CancellationToken cancellationToken = default) =>
        (await ReadTorrentAsync(source, cancellationToken).ConfigureAwait(false)).Metainfo!;

    /// <summary>Reads a .torrent, as <see cref="ReadAsync"/> does, and returns the reach of its source too.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<SourceContent> ReadTorrentAsync(TorrentSource source, CancellationToken cancellationToken = default)
    {
        SourceContent content = await ReadContentAsync(source, cancellationToken).ConfigureAwait(false);
        return content.Metainfo is not null
            ? content
            : throw new TorrentException(new TorrentError(
                TorrentErrorId.UnsupportedSource, "A magnet link does not contain the torrent's metadata.",
                "Start it, or fetch its metadata from peers first."));
    }

    /// <summary>Reads a .torrent or a magnet link, which may also be the content of a file or of an answer.</summary>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.UnsupportedSource"/>, <see cref="TorrentErrorId.SourceNotReadable"/> or
    /// <see cref="TorrentErrorId.InvalidTorrent"/>.
    /// </exception>
    public async Task<SourceContent> ReadContentAsync(TorrentSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.MagnetText is { } link)
            return new SourceContent(ReadMagnet(link)) { Reach = source.Reach };
        (ReadOnlyMemory<byte> bytes, AddressReach reach) = source switch
        {
            { FilePath: { } path, Saved: not null } => (ReadSaved(source, path), source.Reach),
            { FilePath: { } path } => (await ReadFileAsync(source, path, cancellationToken).ConfigureAwait(false), source.Reach),
            { Address: { } address } => await FetchAsync(source, address, cancellationToken).ConfigureAwait(false),
            _ => (source.Bytes.GetValueOrDefault(), source.Reach),
        };
        if (bytes.Length <= MagnetLink.MaxLength && bytes.Span.TrimStart(" \t\r\n\uFEFF"u8).StartsWith("magnet:"u8))
            return new SourceContent(ReadMagnet(Encoding.UTF8.GetString(bytes.Span.TrimStart("\uFEFF"u8)))) { Reach = reach };
        try
        {
            return new SourceContent(MetainfoReader.Read(bytes)) { Reach = reach };
        }
        catch (MetainfoException fault)
        {
            throw new TorrentException(
                new TorrentError(
                    TorrentErrorId.InvalidTorrent,
                    $"{fault.Message} (Source: {source})",
                    "Get the .torrent file again from its origin."),
                fault);
        }
    }

    private static MagnetLink ReadMagnet(string text) => MagnetLink.TryParse(text, out MagnetLink? link, out string? fault)
        ? link
        : throw new TorrentException(new TorrentError(
            TorrentErrorId.InvalidTorrent, fault, "Copy the whole link again from its origin."));

    private async Task<(ReadOnlyMemory<byte> Bytes, AddressReach Reach)> FetchAsync(TorrentSource source, Uri address, CancellationToken cancellationToken)
    {
        if (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            return await _http.GetAsync(source, address, cancellationToken).ConfigureAwait(false);

        throw new TorrentException(new TorrentError(
            TorrentErrorId.UnsupportedSource,
            $"Torrents cannot be started from '{address.Scheme}:' addresses.",
            "Use a .torrent file, its http or https address, or a magnet link."));
    }

    /// <summary>Reads a .torrent in the state folder, which must be a plain file.</summary>
    private static byte[] ReadSaved(TorrentSource source, string path)
    {
        try
        {
            return StateFile.Read(Path.GetDirectoryName(Path.GetDirectoryName(path))!, path, MetainfoReader.MaxFileBytes)
                ?? throw NotReadable(source, "does not exist", "Check the path.");
        }
        catch (InvalidDataException)
        {
            throw BoundedReader.TooLarge(source);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw ToError(source, fault);
        }
    }

    /// <summary>Reads a file, up to the largest size of a .torrent.</summary>
    internal static async Task<byte[]> ReadFileAsync(TorrentSource source, string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw NotReadable(source, "is a folder", "Give a .torrent file in it.");
        try
        {
            Stream file = NamedFile.Open(path);
            await using (file.ConfigureAwait(false))
                return await BoundedReader.ReadAsync(file, source, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw ToError(source, fault);
        }
    }

    private static TorrentException ToError(TorrentSource source, Exception fault) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => NotReadable(source, "does not exist", "Check the path.", fault),
        UnauthorizedAccessException => NotReadable(source, "cannot be read by this user", "Get permission to read it, or copy it.", fault),
        _ => NotReadable(source, $"cannot be read: {DisplayText.Clean(fault.Message).TrimEnd('.')}", "Check the path and the disk.", fault),
    };

    private static TorrentException NotReadable(TorrentSource source, string why, string remedy, Exception? fault = null) =>
        new(new TorrentError(TorrentErrorId.SourceNotReadable, $"'{source}' {why}.", remedy), fault);
}
