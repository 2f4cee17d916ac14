using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Values by path: finds those that belong to a path, to a folder above it, or to anything below it. Paths that differ in case or
/// composition only count as one, as they do on some file systems. Not thread-safe.
/// </summary>
/// <typeparam name="T">What belongs to a path.</typeparam>
public sealed class PathTree<T>
    where T : notnull
{
    private readonly Node _top = new();

    /// <summary>Adds a value; one that is there already stays the only one.</summary>
    /// <param name="path">An absolute path, its links followed.</param>
    /// <param name="value">The value.</param>
    /// <returns>False where it was there.</returns>
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

    /// <summary>Removes a value, where it is there.</summary>
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

    /// <summary>The values at a path, at the folders above it and at what is below it.</summary>
    /// <param name="path">An absolute path, its links followed.</param>
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
