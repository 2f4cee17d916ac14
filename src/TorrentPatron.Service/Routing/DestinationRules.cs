using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>The folders below which destinations must lie, and no link on the way from them. Without such folders every destination is allowed.</summary>
/// <param name="roots">Absolute paths of the folders.</param>
/// <remarks>
/// A link that somebody puts there after the check is not followed either: <see cref="StorageRoots"/>. The check is for a clear error.
/// </remarks>
internal sealed class DestinationRules(IReadOnlyCollection<string> roots)
{
    /// <summary>Where a torrent counts as lying of which only the metadata is wanted, and no folder was given; null: anywhere.</summary>
    public string? Default => roots.FirstOrDefault();

    /// <summary>Refuses a destination that is not below a root. Looks at the disk.</summary>
    /// <param name="destination">An absolute path.</param>
    /// <exception cref="TorrentException"><see cref="Engine.Client.TorrentErrorId.DestinationNotAllowed"/>.</exception>
    public void Check(string destination)
    {
        if (roots.Count == 0)
            return;
        if (!Path.IsPathFullyQualified(destination) || !StorageRoots.Contain(roots, destination))
            throw new TorrentException(ServiceErrors.NotBelowRoot(destination, roots));
        if (StorageRoots.FindLink(roots, destination) is { } link)
            throw new TorrentException(ServiceErrors.LinkBelowRoot(destination, link));
    }

    /// <summary>Refuses folders to take data from that are not below a root. Looks at the disk.</summary>
    /// <param name="folders">Absolute paths of folders or files.</param>
    /// <exception cref="TorrentException"><see cref="Engine.Client.TorrentErrorId.DestinationNotAllowed"/>.</exception>
    public void CheckSources(IEnumerable<string> folders)
    {
        if (roots.Count == 0)
            return;
        foreach (string folder in folders)
        {
            if (!StorageRoots.Contain(roots, folder) || StorageRoots.FindLink(roots, folder) is not null)
                throw new TorrentException(ServiceErrors.ReuseNotBelowRoot(folder, roots));
        }
    }

    /// <summary>Whether a destination may be written.</summary>
    public bool Allows(string destination) => roots.Count == 0 || StorageRoots.Contain(roots, destination);
}
