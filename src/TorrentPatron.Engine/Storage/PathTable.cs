namespace TorrentPatron.Engine.Storage;

/// <summary>The paths of all torrents of this process, whichever engine and service they belong to.</summary>
/// <remarks>
/// Indexed only by file or top folder: their contents are examined when two torrents meet. Use it only under <see cref="Gate"/>.
/// </remarks>
internal sealed class PathTable
{
    private readonly PathTree<PathClaim> _claims = new();

    /// <summary>The instance for this process.</summary>
    public static PathTable Process { get; } = new();

    /// <summary>
    /// Held while a start looks for other owners of its paths and enters its own, so that one of two starts comes first.
    /// </summary>
    public Lock Gate { get; } = new();

    /// <summary>Adds a torrent's current or future root path.</summary>
    public void Enter(string root, PathClaim claim) => _claims.Add(root, claim);

    /// <summary>Removes a torrent's root path.</summary>
    public void Leave(string root, PathClaim claim) => _claims.Remove(root, claim);

    /// <summary>The torrents whose file or top folder is a path, above it or below it.</summary>
    public IReadOnlyList<PathClaim> Near(string root) => _claims.Near(root);
}
