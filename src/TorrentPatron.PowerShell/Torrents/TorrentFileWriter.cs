using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Writes .torrent files.</summary>
/// <param name="destination">Absolute path of the .torrent file or of a folder for it.</param>
/// <param name="force">Whether to replace an existing file.</param>
internal sealed class TorrentFileWriter(string destination, bool force)
{
    private const string Extension = ".torrent";

    /// <summary>The path of a torrent's .torrent file.</summary>
    /// <param name="name">Its file name in a folder, without the extension.</param>
    public string FileOf(string name) => Directory.Exists(destination) || Path.EndsInDirectorySeparator(destination)
        ? Path.Combine(destination, name + Extension)
        : destination;

    /// <summary>Why a file cannot be written, as far as can be checked in advance; null if nothing prevents it.</summary>
    /// <param name="file">Absolute path of the file.</param>
    public TorrentError? FindObstacle(string file)
    {
        if (File.Exists(file) && !force)
            return CommandErrors.FileIsThere(file);
        return Directory.Exists(Path.GetDirectoryName(file)) ? null : CommandErrors.NotWritable(file, "its folder does not exist.");
    }

    /// <summary>Writes a temporary file and renames it, so that the .torrent file is never incomplete.</summary>
    /// <param name="file">Absolute path of the file.</param>
    /// <param name="torrent">The content.</param>
    /// <param name="cancellationToken">Cancels the work; no partial file is left.</param>
    /// <returns>Why it could not be written; null if it was.</returns>
    public async Task<TorrentError?> WriteAsync(string file, ReadOnlyMemory<byte> torrent, CancellationToken cancellationToken)
    {
        string beside = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            await File.WriteAllBytesAsync(beside, torrent, cancellationToken).ConfigureAwait(false);
            File.Move(beside, file, force);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            TryDelete(beside);
            return File.Exists(file) && !force ? CommandErrors.FileIsThere(file) : CommandErrors.NotWritable(file, fault.Message);
        }
        catch
        {
            TryDelete(beside);
            throw;
        }
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report.
        }
    }
}
