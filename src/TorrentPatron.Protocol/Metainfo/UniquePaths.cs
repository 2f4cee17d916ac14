using System.Text;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Gives each file of a torrent a path of its own, also where a file system takes upper and lower case, or composed and
/// decomposed characters, for the same. The first file keeps its name; a later one is called <c>name (1).ext</c>. The
/// result depends on nothing but the names and their order.
/// </summary>
internal sealed class UniquePaths
{
    // Room for " (9999999)": there are fewer files than that.
    private const int SuffixBytes = 10;
    private const int FileNode = -1;

    private readonly Dictionary<(int Folder, string Name), int> _taken = [];
    private readonly Dictionary<(int Folder, string Name), (int Folder, string Suffix)> _renamedFolders = [];
    private readonly Dictionary<(int Folder, string Name), int> _lastNumbers = [];
    private readonly StringBuilder _path = new();
    private int _folders;

    /// <summary>Takes the path of the next file.</summary>
    /// <param name="elements">Its folders' names and its own, each made safe by <see cref="PathSanitizer"/>.</param>
    /// <returns>The path, with <c>/</c> between its elements.</returns>
    public string Add(IReadOnlyList<string> elements)
    {
        _path.Clear();
        int folder = 0;
        for (int i = 0; i < elements.Count - 1; i++)
            _path.Append(EnterFolder(ref folder, elements[i])).Append('/');

        string name = elements[^1];
        if (!_taken.TryAdd((folder, Fold(name)), FileNode))
            name = TakeAnother(folder, name, FileNode);
        return _path.Append(name).ToString();
    }

    private string EnterFolder(ref int folder, string name)
    {
        (int, string) key = (folder, Fold(name));
        if (!_taken.TryGetValue(key, out int node))
        {
            node = ++_folders;
            _taken.Add(key, node);
        }
        else if (node == FileNode)
        {
            // A file has the name already, so every path through this folder goes through another.
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
        (int, string) counter = (folder, Fold(shortened));
        int number = _lastNumbers.GetValueOrDefault(counter);
        string candidate;
        do
        {
            number++;
            candidate = $"{shortened.AsSpan(0, dot)} ({number}){shortened.AsSpan(dot)}";
        }
        while (!_taken.TryAdd((folder, Fold(candidate)), node));

        _lastNumbers[counter] = number;
        return candidate;
    }

    private static string Fold(string name) => name.Normalize(NormalizationForm.FormC).ToUpperInvariant();
}
