using System.Text;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The rules of Linux, macOS and Windows for paths, implemented independently of the sanitiser.</summary>
internal static class PathRules
{
    private const string Forbidden = "/\\:*?\"<>|";

    private static readonly string[] Devices =
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", .. Numbered("COM"), .. Numbered("LPT")];

    /// <summary>Checks that an element of a path is valid on every system.</summary>
    public static void CheckElement(string element)
    {
        Property.Holds(element.Length > 0 && element is not ("." or ".."), "an element is a name");
        Property.Holds(Encoding.UTF8.GetByteCount(element) <= 255, "an element has at most 255 bytes");
        Property.Holds(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(element)) == element, "an element does not end within a character");
        Property.Holds(element[^1] is not (' ' or '.'), "an element does not end with a dot or space");
        foreach (char c in element)
            Property.Holds(!Forbidden.Contains(c, StringComparison.Ordinal) && !char.IsControl(c), "an element has no forbidden character");
        Property.IsHarmless(element, "an element");
        string stem = element.Split('.')[0].TrimEnd(' ');
        Property.Holds(
            element[0] != '.' || !element.EndsWith(".patron-parts", StringComparison.OrdinalIgnoreCase), "an element is not the name of a parts file");
        Property.Holds(!Devices.Contains(stem, StringComparer.OrdinalIgnoreCase), "an element names no device");
    }

    /// <summary>Checks that all files are below the torrent's name, at distinct paths on every file system, and none is a folder of another.</summary>
    public static void CheckFiles(TorrentMetainfo torrent)
    {
        CheckElement(torrent.Name);
        var files = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var folders = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (TorrentFileEntry file in torrent.Files)
        {
            string[] elements = file.Path.Split('/');
            Property.Holds(elements[0] == torrent.Name, "a file lies at or below the torrent's name");
            Property.Holds(torrent.IsMultiFile == elements.Length > 1, "a file lies in the torrent's folder if it has one");
            Array.ForEach(elements, CheckElement);
            CheckLink(torrent, file);
            if (file.IsPadding)
                continue;

            Property.Holds(Encoding.UTF8.GetByteCount(file.Path) <= PathSanitizer.MaxPathBytes, "a path is not too long");
            Property.Holds(files.Add(Fold(file.Path)), "no two files share a path");
            for (int i = 1; i < elements.Length; i++)
                folders.Add(Fold(string.Join('/', elements[..i])));
        }

        Property.Holds(!files.Overlaps(folders), "no file is another's folder");
    }

    /// <summary>Checks that a link finally leads to a file or folder of the torrent, and never to a folder that contains the link.</summary>
    private static void CheckLink(TorrentMetainfo torrent, TorrentFileEntry link)
    {
        Property.Holds(link.LinkTarget is null || (link.IsLink && link.Length == 0), "only a link has a target");
        int steps = 0;
        for (string? target = link.LinkTarget; target is not null; steps++)
        {
            Property.Holds(steps < 40, "links do not form a circle");
            Array.ForEach(target.Split('/'), CheckElement);
            TorrentFileEntry? file = torrent.Files.FirstOrDefault(file => file.Path == target && !file.IsPadding);
            Property.Holds(file is not null || torrent.Files.Any(file => file.Path.StartsWith(target + "/", StringComparison.Ordinal)), "a link leads to something in the torrent");
            Property.Holds(!link.Path.StartsWith(target + "/", StringComparison.Ordinal), "a link does not lead to a folder that contains it");
            Property.Holds(file is not { IsLink: true, LinkTarget: null }, "a link leads only to links that are created");
            target = file?.LinkTarget;
        }
    }

    private static string Fold(string path) => path.Normalize(NormalizationForm.FormC);

    private static IEnumerable<string> Numbered(string name) => "0123456789\u00B9\u00B2\u00B3".Select(digit => name + digit);
}
