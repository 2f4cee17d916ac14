using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>What is in a torrent, on the wire: the bytes of its .torrent.</summary>
internal sealed class MetainfoDto
{
    /// <summary>The .torrent in base64; left out where it is not known.</summary>
    public byte[]? Metainfo { get; set; }

    /// <summary>Writes a .torrent.</summary>
    /// <exception cref="TorrentException">It is too large for a message.</exception>
    public static MetainfoDto Of(TorrentMetainfo? metainfo) => metainfo is { Raw.Length: > MessageDto.MostMetainfo }
        ? throw new TorrentException(ContractErrors.MetainfoTooLarge(metainfo.Name, MessageDto.MostMetainfo))
        : new MetainfoDto { Metainfo = metainfo?.Raw.ToArray() };

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
