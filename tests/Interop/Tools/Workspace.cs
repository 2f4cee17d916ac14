namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>A folder for one test, deleted with it.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("interop-").FullName;

    public Workspace()
    {
        // A tracker drops its privileges before it opens its files.
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(_path, System.IO.File.GetUnixFileMode(_path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>The path of a sub-folder, which is created if it is missing.</summary>
    public string this[string name] => Directory.CreateDirectory(Path.Combine(_path, name)).FullName;

    /// <summary>The path of a file.</summary>
    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
