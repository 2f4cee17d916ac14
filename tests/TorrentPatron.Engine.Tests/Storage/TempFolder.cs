namespace TorrentPatron.Engine.Tests.Storage;

/// <summary>A folder for one test, gone with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder()
        : this(Directory.CreateTempSubdirectory("patron-").FullName)
    {
    }

    /// <summary>Takes a folder that is there already.</summary>
    public TempFolder(string path) => Path = path;

    public string Path { get; }

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
