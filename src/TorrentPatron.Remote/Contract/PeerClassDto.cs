using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

/// <summary>A peer class on the wire. Rates are bytes/s; 0 means no limit, and an omitted rate means the limit over all torrents.</summary>
internal sealed class PeerClassDto
{
    public string? Name { get; set; }

    public string? Range { get; set; }

    public long? MaxDownloadRate { get; set; }

    public long? MaxUploadRate { get; set; }

    public bool IsPreferred { get; set; }

    public static PeerClassDto Of(PeerClass one) => new()
    {
        Name = one.Name,
        Range = one.Range,
        MaxDownloadRate = one.MaxDownloadRate,
        MaxUploadRate = one.MaxUploadRate,
        IsPreferred = one.IsPreferred,
    };

    /// <summary>Reads classes.</summary>
    /// <exception cref="TorrentException">A class is invalid, or they contradict each other.</exception>
    public static ReadOnlyCollection<PeerClass> ToClasses(PeerClassDto[]? classes)
    {
        ReadOnlyCollection<PeerClass> read = Wire.ToList(classes, one => one.ToClass());
        return PeerClass.Check(read) is { } error ? throw new TorrentException(error) : read;
    }

    private PeerClass ToClass()
    {
        if (!PeerClass.TryMake(Name ?? "", [Range ?? ""], out PeerClass? made, out TorrentError? error))
            throw new TorrentException(error);
        return made with { MaxDownloadRate = ToRate(MaxDownloadRate), MaxUploadRate = ToRate(MaxUploadRate), IsPreferred = IsPreferred };
    }

    private static long? ToRate(long? rate) => rate is < 0 ? throw new TorrentException(ContractErrors.InvalidValue($"{rate}", "a rate")) : rate;
}
