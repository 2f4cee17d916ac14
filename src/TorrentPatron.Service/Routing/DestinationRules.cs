using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>Checks that destinations are below given folders, without links in the path. Without such folders every destination is allowed.</summary>
/// <param name="roots">Absolute paths of the folders.</param>
/// <remarks>
/// A link that is made after the check is not followed either: <see cref="StorageRoots"/>. The check gives a clear error.
/// </remarks>
internal sealed class DestinationRules(IReadOnlyCollection<string> roots)
{
    /// <summary>The destination of a torrent of which only the metadata is wanted, if none was given; null means anywhere.</summary>
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

    /// <summary>Refuses folders to reuse data from that are not below a root. Looks at the disk.</summary>
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

    /// <summary>Whether writing to a destination is allowed.</summary>
    public bool Allows(string destination) => roots.Count == 0 || StorageRoots.Contain(roots, destination);
}
