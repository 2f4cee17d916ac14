using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Writes .torrent files.</summary>
/// <param name="destination">Absolute path of the .torrent, or of a folder to put it in.</param>
/// <param name="force">Whether to replace a file that is there.</param>
internal sealed class TorrentFileWriter(string destination, bool force)
{
    private const string Extension = ".torrent";

    /// <summary>The file of a torrent.</summary>
    /// <param name="name">What it is called in a folder, without its ending.</param>
    public string FileOf(string name) => Directory.Exists(destination) || Path.EndsInDirectorySeparator(destination)
        ? Path.Combine(destination, name + Extension)
        : destination;

    /// <summary>Why a file cannot be written, as far as that can be said before any work; null: it may be.</summary>
    /// <param name="file">Absolute path of the file.</param>
    public TorrentError? FindObstacle(string file)
    {
        if (File.Exists(file) && !force)
            return CommandErrors.FileIsThere(file);
        return Directory.Exists(Path.GetDirectoryName(file)) ? null : CommandErrors.NotWritable(file, "its folder does not exist.");
    }

    /// <summary>Writes beside the file and renames, so that there is never half a torrent.</summary>
    /// <param name="file">Absolute path of the file.</param>
    /// <param name="torrent">The .torrent.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <returns>Why it could not be written; null: it is.</returns>
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
            // The failure that led here says more.
        }
    }
}
