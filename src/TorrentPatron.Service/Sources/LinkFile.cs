using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>A text file with one source per line: magnet links, addresses, paths. Empty lines and lines that begin with # are ignored.</summary>
public static class LinkFile
{
    /// <summary>Maximum number of sources in a file.</summary>
    public const int MaxSources = 10_000;

    /// <summary>Reads a file; its sources are not checked until they are started.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.SourceNotReadable"/>, or <see cref="TorrentErrorId.InvalidTorrent"/> if it is too large.
    /// </exception>
    public static async Task<IReadOnlyList<string>> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes = await SourceReader.ReadFileAsync(TorrentSource.FromFile(path), path, cancellationToken).ConfigureAwait(false);
        var sources = new List<string>();
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            string source = line.Trim().Trim('\uFEFF');
            if (source.Length == 0 || source[0] == '#')
                continue;
            if (sources.Count == MaxSources)
            {
                throw new TorrentException(new TorrentError(
                    TorrentErrorId.InvalidTorrent, $"'{DisplayText.Clean(path)}' has more than {MaxSources} lines of links.", "Split the file."));
            }

            sources.Add(source);
        }

        return sources;
    }
}
