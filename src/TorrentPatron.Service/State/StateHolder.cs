using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.State;

/// <summary>
/// The holder of torrents in a state folder: a file that is open while there are any, and that no other process can open meanwhile. The
/// system closes it with the process, however that ends. A torrent's <see cref="TorrentClaim"/> names it, so that ten thousand torrents
/// need one open file. Thread-safe.
/// </summary>
/// <param name="folder">The state folder.</param>
#pragma warning disable CA1001 // The file is closed with the last torrent, whenever that is.
internal sealed class StateHolder(string folder)
#pragma warning restore CA1001
{
    private const string Prefix = "holder-";
    private const int Attempts = 3;

    private readonly Lock _gate = new();
    private readonly HashSet<TorrentId> _torrents = [];
    private SafeFileHandle? _held;
    private string _name = "";

    /// <summary>Begins to hold a torrent.</summary>
    /// <param name="torrent">Which.</param>
    /// <param name="name">The name that its claim must contain.</param>
    /// <returns>False if it is already held.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public bool TryEnter(TorrentId torrent, out string name)
    {
        lock (_gate)
        {
            if (_held is null)
                Open();
            name = _name;
            return _torrents.Add(torrent);
        }
    }

    /// <summary>Stops holding a torrent; the file is deleted with the last one.</summary>
    public void Leave(TorrentId torrent)
    {
        lock (_gate)
        {
            _torrents.Remove(torrent);
            if (_torrents.Count > 0 || _held is null)
                return;
            _held.Dispose();
            _held = null;
            StateFile.TryDelete(folder, Path.Combine(folder, _name));
        }
    }

    /// <summary>Whether it holds a torrent.</summary>
    public bool Holds(TorrentId torrent)
    {
        lock (_gate)
            return _torrents.Contains(torrent);
    }

    /// <summary>Whether another holder still exists, by the name in a claim; deletes the file of a holder that has gone.</summary>
    /// <param name="name">The content of the claim; it may be anything.</param>
    public bool IsHeldByOther(string name)
    {
        // A claim of our own that could not be deleted when its torrent was released counts for nothing.
        if (ProcessId(name) is null || name == _name)
            return false;
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return false;
        try
        {
            // Any number of processes may look at once: only the holder opens it exclusively.
            StateFile.Open(folder, path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose();
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException fault) when (SharingViolation.Is(fault))
        {
            return true;
        }
        catch (Exception fault) when (fault is UnsafeFileException or UnauthorizedAccessException)
        {
            // Not the file of a holder: no TorrentPatron has put it there.
            return false;
        }

        StateFile.TryDelete(folder, path);
        return false;
    }

    /// <summary>The process id in a holder's name; null if it is not such a name.</summary>
    public static int? ProcessId(string name)
    {
        string[] parts = name.Split('-');
        return parts.Length == 3 && name.StartsWith(Prefix, StringComparison.Ordinal) && parts[2].All(char.IsAsciiHexDigit)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;
    }

    private void Open()
    {
        StateFile.MakeFolders(folder);
        for (int attempt = 1; ; attempt++)
        {
            _name = string.Create(
                CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
            try
            {
                _held = StateFile.Open(folder, Path.Combine(folder, _name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                return;
            }
            catch (IOException fault) when (SharingViolation.Is(fault) && attempt < Attempts)
            {
                // Another process looked at the file between its creation and its locking, and took it for abandoned.
            }
        }
    }
}
