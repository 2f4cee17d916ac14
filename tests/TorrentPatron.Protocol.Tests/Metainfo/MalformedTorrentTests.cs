using TorrentPatron.Protocol.Metainfo;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Metainfo;

/// <summary>Reads every <see cref="MalformedTorrent"/>.</summary>
public sealed class MalformedTorrentTests
{
    public static TheoryData<string> Names => [.. MalformedTorrent.All.Select(torrent => torrent.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_torrent_with_a_fault_is_refused_with_its_reason_or_read_and_repaired(string name)
    {
        MalformedTorrent torrent = MalformedTorrent.All.Single(torrent => torrent.Name == name);
        if (torrent.Fault is { } fault)
        {
            MetainfoException refusal = Assert.Throws<MetainfoException>(() => MetainfoReader.Read(torrent.Bytes));
            Assert.Equal(fault, refusal.Fault);
            Assert.Equal(DisplayText.Clean(refusal.Message), refusal.Message);
            return;
        }

        TorrentMetainfo read = MetainfoReader.Read(torrent.Bytes);
        if (torrent.Paths is not null)
            Assert.Equal(torrent.Paths, read.Files.Select(file => file.Path));
        Assert.InRange(torrent.Bytes.AsSpan().IndexOf(read.RawInfo.Span), 0, int.MaxValue);
        Assert.Equal(InfoHash.OfInfo(read.RawInfo.Span), read.InfoHash);
    }
}
