using System.Text;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Gives each file of a torrent a unique path, even on file systems that ignore case or composition. The first file keeps its
/// name; a later one becomes <c>name (1).ext</c>. A path longer than <see cref="PathSanitizer.MaxPathBytes"/> loses all folders
/// except the first. The result depends only on the names and their order.
/// </summary>
internal sealed class UniquePaths
{
    // Room for " (9999999)": there are fewer files than that.
    private const int SuffixBytes = 10;
    private const int FileNode = -1;

    private readonly Dictionary<FolderEntry, int> _taken = [];
    private readonly Dictionary<FolderEntry, (int Folder, string Name)> _renamedFolders = [];
    private readonly Dictionary<FolderEntry, int> _lastNumbers = [];
    private readonly StringBuilder _path = new();
    private int _folders;

    /// <summary>Adds the next file.</summary>
    /// <param name="elements">Its folders' names and its own, each from <see cref="PathSanitizer"/>.</param>
    /// <param name="isRenamed">Whether the path differs from the joined elements.</param>
    /// <returns>The path, with <c>/</c> between its elements.</returns>
    public string Add(List<string> elements, out bool isRenamed)
    {
        isRenamed = false;
        int folder = EnterFolders(elements, elements.Count - 1, ref isRenamed);
        string last = elements[^1];
        if (elements.Count > 2 && IsTooLong(last))
        {
            isRenamed = true;
            folder = EnterFolders(elements, 1, ref isRenamed);
        }

        if (!_taken.TryAdd(new FolderEntry(folder, last), FileNode))
        {
            last = TakeAnother(folder, last, FileNode);
            isRenamed = true;
        }

        return _path.Append(last).ToString();
    }

    private int EnterFolders(List<string> elements, int count, ref bool isRenamed)
    {
        _path.Clear();
        int folder = 0;
        for (int i = 0; i < count; i++)
        {
            string name = EnterFolder(ref folder, elements[i]);
            isRenamed |= !ReferenceEquals(name, elements[i]);
            _path.Append(name).Append('/');
        }

        return folder;
    }

    private bool IsTooLong(string last)
    {
        const int MostBytesOfChar = 3;
        int most = PathSanitizer.MaxPathBytes - SuffixBytes;
        return (_path.Length + last.Length) * MostBytesOfChar > most
            && Encoding.UTF8.GetByteCount(_path.ToString()) + Encoding.UTF8.GetByteCount(last) > most;
    }

    private string EnterFolder(ref int folder, string name)
    {
        var key = new FolderEntry(folder, name);
        if (!_taken.TryGetValue(key, out int node))
        {
            node = ++_folders;
            _taken.Add(key, node);
        }
        else if (node == FileNode)
        {
            // A file already has the name, so every path through this folder is renamed.
            if (!_renamedFolders.TryGetValue(key, out (int Folder, string Name) other))
            {
                other.Folder = ++_folders;
                other.Name = TakeAnother(folder, name, other.Folder);
                _renamedFolders.Add(key, other);
            }

            folder = other.Folder;
            return other.Name;
        }

        folder = node;
        return name;
    }

    private string TakeAnother(int folder, string name, int node)
    {
        string shortened = PathSanitizer.Shorten(name, PathSanitizer.MaxElementBytes - SuffixBytes);
        int dot = PathSanitizer.ExtensionStart(shortened);
        var counter = new FolderEntry(folder, shortened);
        int number = _lastNumbers.GetValueOrDefault(counter);
        string candidate;
        do
        {
            number++;
            candidate = $"{shortened.AsSpan(0, dot)} ({number}){shortened.AsSpan(dot)}";
        }
        while (!_taken.TryAdd(new FolderEntry(folder, candidate), node));

        _lastNumbers[counter] = number;
        return candidate;
    }

    /// <summary>A name in a folder, equal to others that some file system treats as the same.</summary>
    private readonly struct FolderEntry(int folder, string name) : IEquatable<FolderEntry>
    {
        private readonly int _folder = folder;
        private readonly string _name = Ascii.IsValid(name) ? name : NameFolding.Fold(name);

        public bool Equals(FolderEntry other) =>
            _folder == other._folder && (_name == other._name || Ascii.EqualsIgnoreCase(_name, other._name));

        public override bool Equals(object? obj) => obj is FolderEntry other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(_folder, _name.GetHashCode(StringComparison.OrdinalIgnoreCase));
    }
}
