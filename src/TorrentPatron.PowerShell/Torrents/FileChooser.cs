using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Sets which files of torrents are wanted.</summary>
internal sealed class FileChooser(ICommandOutput output)
{
    /// <summary>Gives some of a torrent's files a priority.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="chosen">The priorities, by the indexes of the files.</param>
    /// <param name="only">Whether to skip all other files.</param>
    /// <param name="passThru">Whether to write the files afterwards: the chosen ones, or all with <paramref name="only"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ChooseAsync(
        TorrentTarget torrent, IReadOnlyDictionary<int, FilePriority> chosen, bool only, bool passThru, CancellationToken cancellationToken)
    {
        if (torrent.Patron.GetMetainfo(torrent.Torrent) is not { } metainfo)
        {
            await output.FailAsync(new CommandFailure(CommandErrors.NoFilesYet(torrent.Status), torrent.Status)).ConfigureAwait(false);
            return;
        }

        if (chosen.Count == 0)
        {
            // A name or pattern that matches nothing must not skip every file.
            if (only)
                await output.FailAsync(new CommandFailure(FileSelection.NothingSelected(metainfo), torrent.Status)).ConfigureAwait(false);
            return;
        }

        IReadOnlyList<FilePriority> priorities = Priorities(metainfo, torrent.Patron.GetFiles(torrent.Torrent), chosen, only);
        string what = chosen.Count == 1 ? "1 file" : $"{chosen.Count} files";
        TorrentAnswer? answer = await new TorrentCommander(output).AskAsync(
            torrent,
            $"Set priority of {what} to {string.Join(", ", chosen.Values.Distinct().Order())}{(only ? ", and skip all others" : "")}",
            (target, cancellation) => target.Patron.SetFilePrioritiesAsync(target.Torrent, priorities, cancellation),
            cancellationToken).ConfigureAwait(false);
        if (answer is null || !passThru)
            return;
        foreach (TorrentFile file in torrent.Files.Where(file => only || chosen.ContainsKey(file.Index)))
            await output.EmitAsync(file).ConfigureAwait(false);
    }

    /// <summary>The priority of every file, including padding.</summary>
    internal static IReadOnlyList<FilePriority> Priorities(
        TorrentMetainfo metainfo, IReadOnlyList<FileSnapshot> files, IReadOnlyDictionary<int, FilePriority> chosen, bool only)
    {
        FilePriority[] priorities = [.. Enumerable.Repeat(only ? FilePriority.Skip : FilePriority.Normal, metainfo.Files.Count)];
        foreach (FileSnapshot file in files.Where(_ => !only))
            priorities[file.Index] = file.Priority;
        foreach ((int index, FilePriority priority) in chosen)
            priorities[index] = priority;
        return priorities;
    }
}
