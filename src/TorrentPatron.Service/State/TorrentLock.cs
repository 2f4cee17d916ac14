using System.Globalization;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.State;

/// <summary>
/// Holds one torrent's state against other processes, and other services in this one: a file held open that nobody else can
/// open meanwhile. The system lets go of it with the process, however that ends.
/// </summary>
internal sealed class TorrentLock : IDisposable
{
    private const string LockName = "lock";
    private const string OwnerName = "owner";
    private const int Attempts = 3;

    private readonly string _folder;
    private readonly FileStream _held;

    private TorrentLock(string folder, FileStream held)
    {
        _folder = folder;
        _held = held;
    }

    /// <summary>Takes the lock; makes the folder where it is missing.</summary>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.TorrentInUse"/>.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static TorrentLock Take(string folder)
    {
        string path = Path.Combine(folder, LockName);
        for (int attempt = 1; ; attempt++)
        {
            MakeFolder(folder);
            FileStream held;
            try
            {
                held = new FileStream(path, AtomicFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (DirectoryNotFoundException) when (attempt < Attempts)
            {
                continue; // its holder has just discarded it
            }
            catch (IOException fault) when (IsHeld(fault))
            {
                throw InUse(folder, fault);
            }

            // Between opening and locking its holder may have discarded it: then this is the lock of nothing.
            if (!File.Exists(path) && attempt < Attempts)
            {
                held.Dispose();
                continue;
            }

            var taken = new TorrentLock(folder, held);
            taken.SayWho();
            return taken;
        }
    }

    public void Dispose()
    {
        AtomicFile.TryDelete(Path.Combine(_folder, OwnerName));
        _held.Dispose();
    }

    /// <summary>Gives the lock up and deletes the folder with everything in it.</summary>
    public void Discard()
    {
        // Unix lets what is open be deleted, so nobody comes in between; Windows does not.
        if (OperatingSystem.IsWindows())
            _held.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // What is left is a folder without a torrent in it, which counts for nothing.
        }

        _held.Dispose();
    }

    private void SayWho()
    {
        try
        {
            File.WriteAllText(Path.Combine(_folder, OwnerName), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It only helps a person who meets the lock. Where nothing can be written, the next file says so.
        }
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!, UserOnly);
        Directory.CreateDirectory(folder, UserOnly);
    }

    /// <summary>A sharing violation on Windows, EAGAIN on Linux, EWOULDBLOCK on macOS.</summary>
    private static bool IsHeld(IOException fault) =>
        fault.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) or 11 or 35;

    private static TorrentException InUse(string folder, IOException fault)
    {
        string who = "another process";
        try
        {
            string owner = File.ReadAllText(Path.Combine(folder, OwnerName));
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                who = id == Environment.ProcessId ? $"another service in this process (id {id})" : $"process {id}";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Then it stays unnamed.
        }

        return new TorrentException(
            new TorrentError(
                TorrentErrorId.TorrentInUse,
                $"The torrent is run by {who}, with the same saved state.",
                "Stop it there, or use another state folder and destination."),
            fault);
    }
}
