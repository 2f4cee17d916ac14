namespace TorrentPatron.Engine.Storage;

/// <summary>Which torrents of this process have their files where, whichever engine and service they belong to.</summary>
/// <remarks>Known by file or top folder only: what the torrents have in it is looked at where two meet. All use of it is under <see cref="Gate"/>.</remarks>
internal sealed class PathTable
{
    private readonly PathTree<PathClaim> _claims = new();

    /// <summary>That of this process.</summary>
    public static PathTable Process { get; } = new();

    /// <summary>Held while a start looks for other owners of its paths and enters its own, so that one of two starts comes first.</summary>
    public Lock Gate { get; } = new();

    /// <summary>A torrent has, or is to have, its files at a root path.</summary>
    public void Enter(string root, PathClaim claim) => _claims.Add(root, claim);

    /// <summary>A torrent no longer has its files there.</summary>
    public void Leave(string root, PathClaim claim) => _claims.Remove(root, claim);

    /// <summary>The torrents whose file or top folder is a path, above it or below it.</summary>
    public IReadOnlyList<PathClaim> Near(string root) => _claims.Near(root);
}
