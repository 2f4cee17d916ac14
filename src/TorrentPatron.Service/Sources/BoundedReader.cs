using System.Buffers;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Sources;

/// <summary>Reads a stream that claims to be a .torrent, and not a byte more than one may have.</summary>
internal static class BoundedReader
{
    private const int ChunkBytes = 64 * 1024;
    private const int LeastBytes = 256;

    /// <summary>Reads to the end, whatever length was announced.</summary>
    /// <exception cref="TorrentException">There is more than a .torrent may have.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, TorrentSource source, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            var content = new ArrayBufferWriter<byte>(LeastBytes);
            while (content.WrittenCount <= source.MaxBytes)
            {
                int read = await stream.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                    return content.WrittenSpan.ToArray();
                content.Write(chunk.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        throw new TorrentException(new TorrentError(
            TorrentErrorId.InvalidTorrent,
            $"'{source}' is larger than {source.MaxBytes >> 20} MB, which no .torrent should be.",
            "Check that it is the .torrent and not what the torrent is about."));
    }
}
