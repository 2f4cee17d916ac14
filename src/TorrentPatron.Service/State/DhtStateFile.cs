using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.State;

/// <summary>
/// Keeps the known DHT nodes in the file <c>dht</c> of the state folder. It is useful but not needed: its errors are ignored, and of several
/// services that share a folder the last one to save wins.
/// </summary>
internal sealed class DhtStateFile : IDhtStore
{
    /// <summary>Maximum length to read, in bytes; files are written much shorter.</summary>
    private const int MaxLength = 64 * 1024;

    private readonly string _folder;
    private readonly string _path;

    /// <summary>Creates a store.</summary>
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
