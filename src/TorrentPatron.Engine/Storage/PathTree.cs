using System.Buffers;
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
    private static readonly SearchValues<char> Separators = SearchValues.Create(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);

    private readonly Node _top = new();

    /// <summary>Adds a value, unless it is already there.</summary>
    /// <param name="path">An absolute path with links resolved.</param>
    /// <param name="value">The value.</param>
    /// <returns>False if it was already there.</returns>
    public bool Add(string path, T value)
    {
        Node at = _top;
        string folded = NameFolding.Fold(path);
        foreach (Range element in Elements(folded))
        {
            if (!IsEmpty(folded, element))
                at = at.Enter(folded.AsSpan()[element]);
        }

        if (at.Values.Contains(value))
            return false;
        at.Values = [.. at.Values, value];
        return true;
    }

    /// <summary>Whether a value was added with a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="value">The value.</param>
    public bool Contains(string path, T value)
    {
        Node? at = _top;
        string folded = NameFolding.Fold(path);
        foreach (Range element in Elements(folded))
        {
            if (IsEmpty(folded, element))
                continue;
            at = at.Find(folded.AsSpan()[element]);
            if (at is null)
                return false;
        }

        return at.Values.Contains(value);
    }

    /// <summary>Removes a value, if it is there.</summary>
    /// <param name="path">The path with which it was added.</param>
    /// <param name="value">The value.</param>
    public void Remove(string path, T value)
    {
        var above = new Stack<(Node Node, string Element)>();
        Node? at = _top;
        string folded = NameFolding.Fold(path);
        foreach (Range element in Elements(folded))
        {
            if (IsEmpty(folded, element))
                continue;
            above.Push((at, folded[element]));
            at = at.Find(folded.AsSpan()[element]);
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
        string folded = NameFolding.Fold(path);
        foreach (Range element in Elements(folded))
        {
            if (IsEmpty(folded, element))
                continue;
            found.AddRange(at.Values);
            at = at.Find(folded.AsSpan()[element]);
            if (at is null)
                return found;
        }

        if (at.IsLeaf)
        {
            found.AddRange(at.Values);
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

    private static MemoryExtensions.SpanSplitEnumerator<char> Elements(string folded) => folded.AsSpan().SplitAny(Separators);

    private static bool IsEmpty(string folded, Range element) => element.GetOffsetAndLength(folded.Length).Length == 0;

    /// <summary>A file or folder.</summary>
    private sealed class Node
    {
        private Dictionary<string, Node>? _children;

        public T[] Values { get; set; } = [];

        public IEnumerable<Node> Children => _children?.Values ?? Enumerable.Empty<Node>();

        public bool IsEmpty => Values.Length == 0 && _children is null;

        public bool IsLeaf => _children is null;

        public Node? Find(ReadOnlySpan<char> element) =>
            _children is not null && _children.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(element, out Node? child) ? child : null;

        public Node Enter(ReadOnlySpan<char> element)
        {
            _children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (Find(element) is { } there)
                return there;
            var child = new Node();
            _children.Add(element.ToString(), child);
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
