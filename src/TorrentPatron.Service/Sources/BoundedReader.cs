using System.Buffers;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads a stream that should be a .torrent, up to the largest allowed size.</summary>
internal static class BoundedReader
{
    private const int ChunkBytes = 64 * 1024;
    private const int LeastBytes = 256;

    /// <summary>Reads to the end, regardless of the announced length.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">The source, for the error.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <param name="onReceived">Called whenever some bytes have been read.</param>
    /// <exception cref="TorrentException">It is larger than a .torrent may be.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, TorrentSource source, CancellationToken cancellationToken, Action? onReceived = null)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var content = new ArrayBufferWriter<byte>(LeastBytes);
            while (content.WrittenCount <= MetainfoReader.MaxFileBytes)
            {
                int read = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    return content.WrittenSpan.ToArray();
                content.Write(chunk.AsSpan(0, read));
                onReceived?.Invoke();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        throw TooLarge(source);
    }

    /// <summary>The error for a source that is larger than a .torrent may be.</summary>
    public static TorrentException TooLarge(TorrentSource source) => new(new TorrentError(
        TorrentErrorId.InvalidTorrent,
        $"'{source}' is larger than {MetainfoReader.MaxFileBytes >> 20} MiB, the limit for a .torrent file.",
        "Check that it is the .torrent file and not the torrent's content."));
}
