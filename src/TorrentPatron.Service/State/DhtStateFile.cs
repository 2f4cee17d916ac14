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

    private readonly string _folder;
    private readonly string _path;

    /// <summary>Names the file.</summary>
    /// <param name="folder">The state folder.</param>
    public DhtStateFile(string folder) => (_folder, _path) = (folder, Path.Combine(folder, "dht"));

    /// <inheritdoc/>
    public byte[]? Load()
    {
        try
        {
            return StateFile.Read(_folder, _path, MaxLength);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Save(byte[] state)
    {
        try
        {
            StateFile.MakeFolders(_folder);
            StateFile.Write(_folder, _path, state, flush: false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next run begins with the bootstrap nodes.
        }
    }
}
