using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.State;

/// <summary>
/// Keeps the DHT nodes that are known in a file of the state folder, <c>dht</c>. It is of use but not needed: what goes wrong
/// with it is passed over, and the last of several services that share a folder has the last word.
/// </summary>
internal sealed class DhtStateFile : IDhtStore
{
    /// <summary>Longest file read, bytes; what is written is shorter by far.</summary>
    private const int MaxLength = 64 * 1024;

    private readonly string _path;

    /// <summary>Names the file.</summary>
    /// <param name="folder">The state folder.</param>
    public DhtStateFile(string folder) => _path = Path.Combine(folder, "dht");

    /// <inheritdoc/>
    public byte[]? Load()
    {
        try
        {
            var file = new FileInfo(_path);
            return file.Exists && file.Length <= MaxLength ? File.ReadAllBytes(_path) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Save(byte[] state)
    {
        try
        {
            AtomicFile.MakeFolder(Path.GetDirectoryName(_path)!);
            AtomicFile.Write(_path, state, flush: false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next run begins with the bootstrap nodes.
        }
    }
}
