namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A folder for one test, deleted with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
        : this(Directory.CreateTempSubdirectory("patron-").FullName)
    {
    }

    /// <summary>Uses an existing folder.</summary>
    public TempFolder(string path) => Path = path;

    /// <summary>Makes a folder with top/folder/file, whose text is "ours", and elsewhere/file, "theirs".</summary>
    public static TempFolder WithOursAndTheirs()
    {
        var temp = new TempFolder();
        Directory.CreateDirectory(temp["top", "folder"]);
        Directory.CreateDirectory(temp["elsewhere"]);
        File.WriteAllText(temp["top", "folder", "file"], "ours");
        File.WriteAllText(temp["elsewhere", "file"], "theirs");
        return temp;
    }

    public string Path { get; }

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Reads a file that may be open for writing elsewhere.</summary>
    public static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
