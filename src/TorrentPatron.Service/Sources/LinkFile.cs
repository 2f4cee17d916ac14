using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Sources;

/// <summary>A text file of sources, one a line: magnet links, addresses, paths. Empty lines and those that begin with # are left out.</summary>
public static class LinkFile
{
    /// <summary>The most sources that a file may have.</summary>
    public const int MaxSources = 10_000;

    /// <summary>Reads a file; whether the sources in it are any is seen when they are started.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.SourceNotReadable"/>, or <see cref="TorrentErrorId.InvalidTorrent"/> where it is too much.
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
                    TorrentErrorId.InvalidTorrent, $"'{DisplayText.Clean(path)}' has more than {MaxSources} lines of links.", "Split it."));
            }

            sources.Add(source);
        }

        return sources;
    }
}
