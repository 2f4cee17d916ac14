using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Values by path: finds the values of a path, of the folders above it, and of everything below it. Paths that differ only in
/// case or composition count as one, as on some file systems. Not thread-safe.
/// </summary>
/// <typeparam name="T">The type of values.</typeparam>
public sealed class PathTree<T>
    where T : notnull
{
    private readonly Node _top = new();

    /// <summary>Adds a value, unless it is already there.</summary>
    /// <param name="path">An absolute path with links resolved.</param>
    /// <param name="value">The value.</param>
    /// <returns>False if it was already there.</returns>
    public bool Add(string path, T value)
    {
        Node at = _top;
        foreach (string element in Elements(path))
            at = at.Enter(element);
        if (at.Values.Contains(value))
            return false;
        at.Values = [.. at.Values, value];
        return true;
    }

    /// <summary>Removes a value, if it is there.</summary>
    /// <param name="path">The path with which it was added.</param>
    /// <param name="value">The value.</param>
    public void Remove(string path, T value)
    {
        var above = new Stack<(Node Node, string Element)>();
        Node? at = _top;
        foreach (string element in Elements(path))
        {
            above.Push((at, element));
            at = at.Find(element);
            if (at is null)
                return;
        }

        at.Values = [.. at.Values.Where(other => !other.Equals(value))];
        while (at.IsEmpty && above.TryPop(out (Node Node, string Element) parent))
        {
            parent.Node.Leave(parent.Element);
            at = parent.Node;
        }
    }

    /// <summary>The values of a path, of the folders above it, and of everything below it.</summary>
    /// <param name="path">An absolute path with links resolved.</param>
    public IReadOnlyList<T> Near(string path)
    {
        var found = new List<T>();
        Node? at = _top;
        foreach (string element in Elements(path))
        {
            found.AddRange(at.Values);
            at = at.Find(element);
            if (at is null)
                return found;
        }

        var below = new Stack<Node>([at]);
        while (below.TryPop(out Node? node))
        {
            found.AddRange(node.Values);
            foreach (Node child in node.Children)
                below.Push(child);
        }

        return found;
    }

    private static string[] Elements(string path) =>
        NameFolding.Fold(path).Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A file or folder.</summary>
    private sealed class Node
    {
        private Dictionary<string, Node>? _children;

        public T[] Values { get; set; } = [];

        public IEnumerable<Node> Children => _children?.Values ?? Enumerable.Empty<Node>();

        public bool IsEmpty => Values.Length == 0 && _children is null;

        public Node? Find(string element) => _children?.GetValueOrDefault(element);

        public Node Enter(string element)
        {
            _children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!_children.TryGetValue(element, out Node? child))
                _children.Add(element, child = new Node());
            return child;
        }

        public void Leave(string element)
        {
            _children!.Remove(element);
            if (_children.Count == 0)
                _children = null;
        }
    }
}
