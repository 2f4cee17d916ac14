using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary>Writes .torrent files.</summary>
internal static class TorrentWriter
{
    /// <summary>Refuses to overwrite a file, before the work is done.</summary>
    /// <param name="output">Full path of the file.</param>
    /// <param name="mayOverwrite">Whether the file may exist.</param>
    /// <exception cref="TorrentException">The file exists.</exception>
    public static void Check(string output, bool mayOverwrite)
    {
        if (!mayOverwrite && File.Exists(output))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.DestinationNotWritable,
                $"'{output}' already exists.",
                "Choose another file with --output, or overwrite it with --force."));
        }
    }

    /// <summary>Writes a .torrent file, and prints its path and a summary.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="output">Full path of the file.</param>
    /// <param name="mayOverwrite">Whether the file may exist.</param>
    /// <param name="terminal">The terminal to print to.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    public static async Task WriteAsync(
        TorrentMetainfo torrent, string output, bool mayOverwrite, Terminal terminal, CancellationToken cancellationToken)
    {
        await WriteAsync(torrent, output, mayOverwrite, cancellationToken).ConfigureAwait(false);
        terminal.Line(output);
        terminal.Line(
            $"{ByteSize.Format(torrent.ContentSize)}, {torrent.PieceCount} pieces of {ByteSize.Format(torrent.PieceLength)}, "
            + $"info hash {torrent.InfoHash}");
    }

    /// <summary>
    /// Writes a temporary file and renames it: an existing file is replaced and never written to, even if it is a link that somebody else has
    /// put there, and the .torrent file is never incomplete.
    /// </summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="output">Full path of the file.</param>
    /// <param name="mayOverwrite">Whether the file may exist.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    public static async Task WriteAsync(TorrentMetainfo torrent, string output, bool mayOverwrite, CancellationToken cancellationToken)
    {
        // A pipe or a device must not be replaced by a file.
        if (File.Exists(output))
            GuardedFile.OpenFollowing(output).Dispose();
        string beside = $"{output}.{Guid.NewGuid():N}.tmp";
        try
        {
            await File.WriteAllBytesAsync(beside, torrent.Raw, cancellationToken).ConfigureAwait(false);
            File.Move(beside, output, mayOverwrite);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
