using System.Buffers;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads a stream that claims to be a .torrent, and not a byte more than one may have.</summary>
internal static class BoundedReader
{
    private const int ChunkBytes = 64 * 1024;
    private const int LeastBytes = 256;

    /// <summary>Reads to the end, whatever length was announced.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">What is read, for the error.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="onReceived">Called whenever some bytes have been read.</param>
    /// <exception cref="TorrentException">There is more than a .torrent may have.</exception>
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

    /// <summary>There is more than a .torrent may have.</summary>
    public static TorrentException TooLarge(TorrentSource source) => new(new TorrentError(
        TorrentErrorId.InvalidTorrent,
        $"'{source}' is larger than {MetainfoReader.MaxFileBytes >> 20} MiB, which no .torrent should be.",
        "Check that it is the .torrent and not what the torrent is about."));
}
