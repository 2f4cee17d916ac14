using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Folders that several users share for their torrents: below them no link is followed, not even in the path to a destination, so
/// that nobody can use a link to have a file elsewhere written or read. For the whole process; thread-safe.
/// </summary>
/// <remarks>
/// Everything read and written below a destination goes through <see cref="GuardedFile"/>, which follows no link below the top
/// folder. Below a root, the top folder is the root.
/// </remarks>
public static class StorageRoots
{
    private static readonly Lock Gate = new(); // a leaf
    private static readonly List<string> Held = [];
    private static volatile string[] _roots = [];

    /// <summary>Follows no link below some folders, until the result is disposed.</summary>
    /// <param name="roots">Absolute paths. The folders themselves may be links.</param>
    public static IDisposable Hold(IReadOnlyCollection<string> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        return new RootHold([.. roots.Select(Normal)]);
    }

    /// <summary>Whether a path is one of some folders or below one, by name only: links are not examined.</summary>
    /// <param name="roots">Absolute paths of the folders.</param>
    /// <param name="path">An absolute path; <c>..</c> is resolved by name.</param>
    public static bool Contain(IEnumerable<string> roots, string path)
    {
        ArgumentNullException.ThrowIfNull(roots);
        string full = Normal(path);
        return roots.Any(root => IsBelow(Normal(root), full));
    }

    /// <summary>
    /// The first link in the path from the root; null if there is none, or the path is not below a root. Examines the disk.
    /// </summary>
    /// <param name="roots">Absolute paths of the folders.</param>
    /// <param name="path">An absolute path.</param>
    public static string? FindLink(IEnumerable<string> roots, string path)
    {
        ArgumentNullException.ThrowIfNull(roots);
        string full = Normal(path);
        if (roots.Select(Normal).Where(root => IsBelow(root, full)).MinBy(root => root.Length) is not { } root)
            return null;
        string at = root;
        foreach (string name in GuardedFile.Elements(root, full))
        {
            at = Path.Join(at, name);
            if (new FileInfo(at).LinkTarget is not null)
                return at;
        }

        return null;
    }

    /// <summary>The outermost root above a path; null means none.</summary>
    internal static string? Of(string path)
    {
        string[] roots = _roots;
        if (roots.Length == 0)
            return null;
        string full = Normal(path);
        return roots.Where(root => IsBelow(root, full)).MinBy(root => root.Length);
    }

    /// <summary>The folder below which no link is followed: the chosen folder, or the root above it.</summary>
    internal static string Top(string chosen) => _roots.Length == 0 ? chosen : Of(chosen) ?? chosen;

    private static string Normal(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static bool IsBelow(string root, string path) =>
        path.StartsWith(root, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)
        && (path.Length == root.Length || Path.EndsInDirectorySeparator(root) || path[root.Length] == Path.DirectorySeparatorChar);

    private sealed class RootHold : IDisposable
    {
        private readonly ReadOnlyCollection<string> _own;
        private bool _isDisposed;

        public RootHold(ReadOnlyCollection<string> own)
        {
            _own = own;
            lock (Gate)
            {
                Held.AddRange(own);
                _roots = [.. Held.Distinct(StringComparer.Ordinal)];
            }
        }

        public void Dispose()
        {
            lock (Gate)
            {
                if (_isDisposed)
                    return;
                _isDisposed = true;
                foreach (string root in _own)
                    Held.Remove(root);
                _roots = [.. Held.Distinct(StringComparer.Ordinal)];
            }
        }
    }
}
