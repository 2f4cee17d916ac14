using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// An engine's torrents by the lengths of their files, so that a new torrent finds those that may have its data without visiting all.
/// Stopped torrents stay in it: their data is known from the saved state. Thread-safe.
/// </summary>
internal sealed class ReuseIndex
{
    /// <summary>Maximum number of stopped torrents; the ones that stopped first are removed.</summary>
    internal const int MostStopped = 10_000;

    /// <summary>
    /// Maximum number of torrents per length. A length that so many share is hardly worth a search: at most eight candidates are tried for a file.
    /// </summary>
    internal const int MostOfLength = 256;

    private readonly Lock _gate = new();

    // Most lengths occur in one torrent only and need no set.
    private readonly Dictionary<long, object> _byLength = [];
    private readonly Dictionary<TorrentId, LinkedListNode<Entry>> _stopped = [];
    private readonly LinkedList<Entry> _order = [];

    /// <summary>Adds a running torrent whose metadata is known. Adding it again changes nothing.</summary>
    /// <param name="host">The torrent.</param>
    public void Add(TorrentHost host)
    {
        if (host.Metainfo is not { } metainfo)
            return;
        lock (_gate)
        {
            if (host.ReuseEntry is not null || host.IsEnding)
                return;
            if (_stopped.TryGetValue(host.TorrentId, out LinkedListNode<Entry>? earlier))
                Drop(earlier);
            var entry = new Entry(host.TorrentId, host, LengthsOf(metainfo));
            host.ReuseEntry = entry;
            foreach (long length in entry.Lengths)
                Add(length, entry);
        }
    }

    /// <summary>Removes a torrent that no longer runs.</summary>
    /// <param name="host">The torrent.</param>
    /// <param name="isSaved">Whether its state is saved, so that it is still known.</param>
    public void Remove(TorrentHost host, bool isSaved)
    {
        lock (_gate)
        {
            if (host.ReuseEntry is not { } entry)
                return;
            host.ReuseEntry = null;
            if (!isSaved)
            {
                RemoveLengths(entry);
                return;
            }

            entry.Host = null;
            _stopped[entry.Torrent] = _order.AddLast(entry);
            if (_order.Count > MostStopped)
                Drop(_order.First!);
        }
    }

    /// <summary>Finds the torrents that have files of the given lengths; padding does not count.</summary>
    /// <param name="lengths">The lengths in bytes.</param>
    /// <returns>The id of each torrent, and the torrent itself if it runs.</returns>
    public IReadOnlyList<(TorrentId Torrent, TorrentHost? Host)> Find(IEnumerable<long> lengths)
    {
        lock (_gate)
        {
            var found = new HashSet<Entry>();
            foreach (long length in lengths)
            {
                if (!_byLength.TryGetValue(length, out object? entries))
                    continue;
                if (entries is Entry one)
                    found.Add(one);
                else
                    found.UnionWith((HashSet<Entry>)entries);
            }

            return [.. found.Select(entry => (entry.Torrent, entry.Host))];
        }
    }

    private static long[] LengthsOf(TorrentMetainfo metainfo) =>
        [.. metainfo.Files.Where(file => file is { IsPadding: false, Length: > 0 }).Select(file => file.Length).Distinct()];

    private void Add(long length, Entry entry)
    {
        if (!_byLength.TryGetValue(length, out object? entries))
            _byLength.Add(length, entry);
        else if (entries is Entry one)
            _byLength[length] = new HashSet<Entry> { one, entry };
        else if (entries is HashSet<Entry> { Count: < MostOfLength } several)
            several.Add(entry);
    }

    private void Drop(LinkedListNode<Entry> stopped)
    {
        _order.Remove(stopped);
        _stopped.Remove(stopped.Value.Torrent);
        RemoveLengths(stopped.Value);
    }

    private void RemoveLengths(Entry entry)
    {
        foreach (long length in entry.Lengths)
        {
            if (!_byLength.TryGetValue(length, out object? entries))
                continue;
            if (entries == entry || (entries is HashSet<Entry> several && several.Remove(entry) && several.Count == 0))
                _byLength.Remove(length);
        }
    }

    /// <summary>A torrent in the index.</summary>
    internal sealed class Entry(TorrentId torrent, TorrentHost? host, long[] lengths)
    {
        public TorrentId Torrent => torrent;

        /// <summary>The torrent; null: it has stopped.</summary>
        public TorrentHost? Host { get; set; } = host;

        public long[] Lengths => lengths;
    }
}
