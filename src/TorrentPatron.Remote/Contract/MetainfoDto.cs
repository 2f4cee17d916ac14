using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>What is in a torrent, on the wire: the bytes of its .torrent.</summary>
internal sealed class MetainfoDto
{
    /// <summary>The most bytes of all parts.</summary>
    private const int MostBytes = 64 << 20;

    public string? InfoHash { get; set; }

    /// <summary>The .torrent, or a part of it, in base64; left out where it is not known.</summary>
    public byte[]? Metainfo { get; set; }

    /// <summary>Number of all its bytes.</summary>
    public int Total { get; set; }

    /// <summary>Writes a .torrent, or as much of it as goes into a message.</summary>
    /// <param name="metainfo">The torrent; null: it is not known.</param>
    /// <param name="offset">The first byte that is wanted.</param>
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

    /// <summary>Has the parts that are missing.</summary>
    /// <param name="ask">Asks for the part that begins at a byte.</param>
    public async Task<MetainfoDto> WithRestAsync(Func<int, Task<MetainfoDto>> ask)
    {
        if (Metainfo is null || Metainfo.Length >= Total || Total > MostBytes)
            return this;
        using var whole = new MemoryStream(Total);
        whole.Write(Metainfo);
        while (whole.Length < Total)
        {
            // One that is another by now, or gone, is not put together.
            MetainfoDto part = await ask((int)whole.Length).ConfigureAwait(false);
            if (part.Metainfo is not { Length: > 0 } bytes || part.Total != Total)
                return new MetainfoDto();
            whole.Write(bytes);
        }

        return new MetainfoDto { InfoHash = InfoHash, Metainfo = whole.ToArray(), Total = Total };
    }

    public TorrentMetainfo? ToMetainfo() => Metainfo is null ? null : Read(Metainfo);

    /// <summary>Reads a .torrent, whose own checks bound it.</summary>
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
