using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>A torrent's metainfo on the wire: the bytes of its .torrent.</summary>
internal sealed class MetainfoDto
{
    /// <summary>Maximum number of bytes of all parts.</summary>
    private const int MostBytes = 64 << 20;

    public string? InfoHash { get; set; }

    /// <summary>The .torrent, or a part of it, in base64; omitted if it is not known.</summary>
    public byte[]? Metainfo { get; set; }

    /// <summary>Total number of bytes.</summary>
    public int Total { get; set; }

    /// <summary>Writes a .torrent, or as much of it as fits into a message.</summary>
    /// <param name="metainfo">The torrent; null if it is not known.</param>
    /// <param name="offset">The first byte to write.</param>
    public static MetainfoDto Of(TorrentMetainfo? metainfo, int offset = 0)
    {
        if (metainfo is null)
            return new MetainfoDto();
        int from = Math.Clamp(offset, 0, metainfo.Raw.Length);
        return new MetainfoDto
        {
            InfoHash = Wire.OfTorrent(metainfo.TorrentId),
            Metainfo = metainfo.Raw.Slice(from, Math.Min(MessageDto.MostMetainfo, metainfo.Raw.Length - from)).ToArray(),
            Total = metainfo.Raw.Length,
        };
    }

    /// <summary>Requests the missing parts.</summary>
    /// <param name="ask">Requests the part that begins at a byte.</param>
    public async Task<MetainfoDto> WithRestAsync(Func<int, Task<MetainfoDto>> ask)
    {
        if (Metainfo is null || Metainfo.Length >= Total || Total > MostBytes)
            return this;
        using var whole = new MemoryStream(Total);
        whole.Write(Metainfo);
        while (whole.Length < Total)
        {
            // A .torrent that has changed or gone in the meantime is not assembled.
            MetainfoDto part = await ask((int)whole.Length).ConfigureAwait(false);
            if (part.Metainfo is not { Length: > 0 } bytes || part.Total != Total)
                return new MetainfoDto();
            whole.Write(bytes);
        }

        return new MetainfoDto { InfoHash = InfoHash, Metainfo = whole.ToArray(), Total = Total };
    }

    public TorrentMetainfo? ToMetainfo() => Metainfo is null ? null : Read(Metainfo);

    /// <summary>Reads a .torrent, whose own checks limit it.</summary>
    /// <exception cref="TorrentException">It is not one.</exception>
    public static TorrentMetainfo Read(byte[] bytes)
    {
        try
        {
            return MetainfoReader.Read(bytes);
        }
        catch (MetainfoException fault)
        {
            throw new TorrentException(ContractErrors.InvalidTorrent(fault.Message), fault);
        }
    }
}
