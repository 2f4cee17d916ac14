using System.Text;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.State;

/// <summary>
/// Protects one torrent's state from other processes, and from other services in this one: a file in its folder that names the holder. It is
/// valid while that <see cref="StateHolder"/> exists.
/// </summary>
internal sealed class TorrentClaim : IDisposable
{
    private const string FileName = "claim";
    private const int RecordBytes = 48;
    private const int Attempts = 3;

    private readonly string _folder;
    private readonly TorrentId _torrent;
    private readonly StateHolder _holder;

    private TorrentClaim(string folder, TorrentId torrent, StateHolder holder)
    {
        _folder = folder;
        _torrent = torrent;
        _holder = holder;
    }

    /// <summary>Claims the torrent; creates its folder if it is missing.</summary>
    /// <param name="folder">The torrent's folder in the state folder.</param>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="holder">The holder that claims it.</param>
    /// <param name="called">The torrent's name, if known.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.TorrentInUse"/>.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static TorrentClaim Take(string folder, TorrentId torrent, StateHolder holder, string? called = null)
    {
        if (!holder.TryEnter(torrent, out string name))
            throw InUse(torrent, called, name);
        try
        {
            // If it fails, the holder has just discarded the torrent together with its folder.
            for (int attempt = 1; attempt <= Attempts; attempt++)
            {
                if (TryWrite(folder, torrent, called, name, holder))
                    return new TorrentClaim(folder, torrent, holder);
            }

            throw new IOException("The torrent's folder disappears whenever it is created.");
        }
        catch
        {
            holder.Leave(torrent);
            throw;
        }
    }

    /// <summary>Whether another process has claimed a torrent.</summary>
    /// <param name="folder">The torrent's folder in the state folder.</param>
    /// <param name="holder">The holder that asks.</param>
    public static bool IsHeldByOther(string folder, StateHolder holder)
    {
        try
        {
            using SafeFileHandle file = OpenFile(folder, FileMode.Open);
            return holder.IsHeldByOther(Read(file));
        }
        catch (IOException fault) when (SharingViolation.Is(fault))
        {
            return true;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Releases the torrent.</summary>
    public void Dispose()
    {
        try
        {
            using SafeFileHandle file = OpenFile(_folder, FileMode.Open);
            Write(file, "");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is gone, or another process is just reading it to find out that the torrent is in use. To us the claim is no longer valid, and to
            // others only as long as this process exists.
        }

        _holder.Leave(_torrent);
    }

    /// <summary>Releases the torrent and deletes its folder with all its content.</summary>
    public void Discard()
    {
        try
        {
            string states = Path.GetDirectoryName(_folder)!;
            foreach (string file in Directory.EnumerateFiles(_folder))
                SharingViolation.RetryDenied(() => GuardedFile.Delete(states, file));
            GuardedFile.DeleteFolder(states, _folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The remaining folder contains no torrent and is ignored.
        }

        _holder.Leave(_torrent);
    }

    /// <returns>False if the file disappeared in the meantime.</returns>
    private static bool TryWrite(string folder, TorrentId torrent, string? called, string name, StateHolder holder)
    {
        using GuardedFolder made = StateFile.OpenFolders(Path.GetDirectoryName(folder)!, folder);
        try
        {
            using SafeFileHandle file = StateFile.OpenPatiently(made, FileName, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            string other = Read(file);
            if (holder.IsHeldByOther(other))
                throw InUse(torrent, called, other);
            Write(file, name);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException fault) when (SharingViolation.Is(fault))
        {
            throw InUse(torrent, called, "", fault);
        }

        return File.Exists(Path.Combine(folder, FileName));
    }

    /// <summary>
    /// Opens it exclusively. Others, a holder of the torrent or a virus scanner, have it open for moments only: its content says who holds the
    /// torrent.
    /// </summary>
    private static SafeFileHandle OpenFile(string folder, FileMode mode) => StateFile.OpenPatiently(
        Path.GetDirectoryName(folder)!, Path.Combine(folder, FileName), mode, FileAccess.ReadWrite, FileShare.None);

    private static string Read(SafeFileHandle file)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        return Encoding.ASCII.GetString(record[..RandomAccess.Read(file, record, 0)]).TrimEnd();
    }

    private static void Write(SafeFileHandle file, string name)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        record.Fill((byte)' ');
        Encoding.ASCII.GetBytes(name, record);
        RandomAccess.Write(file, record, 0);
    }

    private static TorrentException InUse(TorrentId torrent, string? called, string name, IOException? fault = null)
    {
        string who = StateHolder.ProcessId(name) switch
        {
            null => "another process",
            int id when id == Environment.ProcessId => $"another service in this process (id {id})",
            int id => $"process {id}",
        };
        return new TorrentException(
            new TorrentError(
                TorrentErrorId.TorrentInUse,
                $"{(called is null ? $"The torrent {torrent}" : $"'{called}' ({torrent})")} is already being run by {who} with the same saved state.",
                "Stop it there, or use a different state folder and destination."),
            fault);
    }
}
