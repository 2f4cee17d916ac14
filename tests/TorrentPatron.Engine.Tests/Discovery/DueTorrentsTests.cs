using TorrentPatron.Engine.Discovery;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Discovery;

public sealed class DueTorrentsTests
{
    private readonly DueTorrents<Torrent> _torrents = new();

    [Fact]
    public void Torrents_are_in_the_order_in_which_they_are_due()
    {
        Torrent late = Add(1, seconds: 9), early = Add(2, seconds: 1), between = Add(3, seconds: 5);
        Assert.Equal([early, between, late], _torrents.InOrder);
        Assert.Same(early, _torrents.Next);

        _torrents.Wait(early, TimeSpan.FromSeconds(7));
        Assert.Equal([between, early, late], _torrents.InOrder);
    }

    [Fact]
    public void Of_torrents_due_at_the_same_time_the_first_added_is_first()
    {
        Torrent[] added = [.. Enumerable.Range(1, 20).Select(i => Add(i, seconds: 1))];
        Assert.Equal(added, _torrents.InOrder);
    }

    [Fact]
    public void A_removed_torrent_is_neither_found_nor_waits_again()
    {
        Torrent gone = Add(1, seconds: 1), stays = Add(2, seconds: 2);
        _torrents.Remove(gone);
        _torrents.Wait(gone, TimeSpan.Zero);

        Assert.Equal([stays], _torrents.InOrder);
        Assert.False(_torrents.TryFind(gone.InfoHash, out _));
        Assert.True(_torrents.TryFind(stays.InfoHash, out Torrent? found));
        Assert.Same(stays, found);
        Assert.Equal(1, _torrents.Count);
    }

    [Fact]
    public void A_torrent_replaces_an_earlier_one_with_the_same_info_hash()
    {
        Torrent earlier = Add(1, seconds: 1), later = Add(1, seconds: 2);
        Assert.Equal([later], _torrents.InOrder);

        // The end of the earlier one leaves the later one.
        _torrents.Remove(earlier);
        Assert.True(_torrents.TryFind(later.InfoHash, out Torrent? found));
        Assert.Same(later, found);
    }

    private Torrent Add(int number, int seconds)
    {
        byte[] hash = new byte[InfoHash.Length];
        hash[0] = (byte)number;
        var torrent = new Torrent(new InfoHash(hash));
        _torrents.Add(torrent, TimeSpan.FromSeconds(seconds));
        return torrent;
    }

    private sealed class Torrent(InfoHash infoHash) : DueTorrent(infoHash);
}
