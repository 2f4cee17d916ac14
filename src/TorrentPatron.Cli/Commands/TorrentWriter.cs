using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary>Writes a .torrent file, and says what it is of.</summary>
internal static class TorrentWriter
{
    /// <summary>Refuses to overwrite, before work is done in vain.</summary>
    /// <param name="output">Full path of the file.</param>
    /// <param name="mayOverwrite">Whether it may be there.</param>
    /// <exception cref="TorrentException">It is there.</exception>
    public static void Check(string output, bool mayOverwrite)
    {
        if (!mayOverwrite && File.Exists(output))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.DestinationNotWritable,
                $"'{output}' exists already.",
                "Name another with --output, or overwrite it with --force."));
        }
    }

    /// <summary>
    /// Writes it beside the file, and renames it: what was there is replaced and never written to, be it a link that somebody else has put
    /// there; and there is never half a torrent.
    /// </summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="output">Full path of the file.</param>
    /// <param name="mayOverwrite">Whether it may be there.</param>
    /// <param name="terminal">Where it is said.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WriteAsync(
        TorrentMetainfo torrent, string output, bool mayOverwrite, Terminal terminal, CancellationToken cancellationToken)
    {
        // A pipe or a device is not replaced by a file.
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

        terminal.Line(output);
        terminal.Line(
            $"{ByteSize.Format(torrent.ContentSize)}, {torrent.PieceCount} pieces of {ByteSize.Format(torrent.PieceLength)}, "
            + $"info hash {torrent.InfoHash}");
    }
}
