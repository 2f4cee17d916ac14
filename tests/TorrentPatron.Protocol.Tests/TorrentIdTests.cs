using TorrentPatron.Protocol.Magnets;

namespace TorrentPatron.Protocol.Tests;

public sealed class TorrentIdTests
{
    private static readonly byte[] Info = "d4:name1:ae"u8.ToArray();
    private static readonly InfoHash V1 = InfoHash.OfInfo(Info);
    private static readonly InfoHashV2 V2 = InfoHashV2.OfInfo(Info);
    private static readonly TorrentId Hybrid = new(V1, V2);

    [Fact]
    public void A_hybrid_known_only_by_its_v1_hash_is_the_same_torrent()
    {
        var link = new TorrentId(V1);

        Assert.Equal(link, Hybrid);
        Assert.True(link == Hybrid);
        Assert.Equal(link.GetHashCode(), Hybrid.GetHashCode());
        Assert.Equal(link.ToString(), Hybrid.ToString());
        Assert.Equal(link.ToArray(), Hybrid.ToArray());
        Assert.Single(new HashSet<TorrentId> { link, Hybrid });
    }

    [Fact]
    public void A_hybrid_known_only_by_its_v2_hash_is_not_equal_but_matches()
    {
        var link = new TorrentId(V2);

        Assert.NotEqual(link, Hybrid);
        Assert.True(link.Matches(Hybrid));
        Assert.False(Hybrid.Matches(link));
    }

    [Fact]
    public void Equality_is_symmetric_and_transitive()
    {
        InfoHash otherV1 = InfoHash.OfInfo("x"u8);
        InfoHashV2 otherV2 = InfoHashV2.OfInfo("x"u8);
        TorrentId[] ids =
        [
            default, new(V1), new(V2), new(V1, V2), new(V1, otherV2), new(otherV1, V2), new(otherV1), new(otherV2), new(V2.Truncated),
        ];

        foreach (TorrentId a in ids)
        {
            foreach (TorrentId b in ids)
            {
                Assert.Equal(a == b, b == a);
                Assert.Equal(a == b, a.ToString() == b.ToString());
                Assert.Equal(a == b, a.ToArray().SequenceEqual(b.ToArray()));
                Assert.True(a != b || a.GetHashCode() == b.GetHashCode());
                foreach (TorrentId c in ids)
                    Assert.True(a != b || b != c || a == c);
            }
        }
    }

    [Fact]
    public void A_truncated_v2_hash_has_the_same_wire_hash_but_is_a_different_torrent()
    {
        var v2 = new TorrentId(V2);
        var namesake = new TorrentId(V2.Truncated);

        Assert.Equal(v2.WireHash, namesake.WireHash);
        Assert.NotEqual(v2, namesake);
        Assert.NotEqual(v2.ToString(), namesake.ToString());
        Assert.Equal(V2.ToString()[..40], v2.WireHash.ToString());
    }

    [Fact]
    public void The_wire_hash_of_a_hybrid_is_its_v1_hash()
    {
        Assert.Equal(V1, Hybrid.WireHash);
        Assert.Equal(V1, new TorrentId(V1).WireHash);
        Assert.Throws<InvalidOperationException>(() => default(TorrentId).WireHash);
    }

    [Fact]
    public void The_text_is_the_leading_hash_and_is_read_again()
    {
        Assert.Equal(V1.ToString(), Hybrid.ToString());
        Assert.Equal(64, new TorrentId(V2).ToString().Length);
        Assert.Equal("", default(TorrentId).ToString());
        foreach (TorrentId id in (TorrentId[])[new(V1), new(V2), Hybrid])
        {
            Assert.True(TorrentId.TryParse(id.ToString().ToUpperInvariant(), out TorrentId read));
            Assert.Equal(id, read);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2e473d41fff585d1096332d3e0ee1360741717a")]
    [InlineData("2e473d41fff585d1096332d3e0ee1360741717ag")]
    [InlineData("2e473d41fff585d1096332d3e0ee1360741717a1 ")]
    [InlineData("g2473d41fff585d1096332d3e0ee1360741717a12e473d41fff585d1096332d3")]
    public void A_text_that_is_not_a_hash_is_not_an_id(string? text)
    {
        Assert.False(TorrentId.TryParse(text, out TorrentId id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void An_id_matches_a_torrent_with_all_of_its_hashes()
    {
        var other = new TorrentId(V1, InfoHashV2.OfInfo("x"u8));

        Assert.True(new TorrentId(V1).Matches(Hybrid));
        Assert.True(Hybrid.Matches(Hybrid));
        Assert.False(other.Matches(Hybrid));
        Assert.False(default(TorrentId).Matches(Hybrid));
    }

    [Fact]
    public void Ids_belong_to_one_torrent_if_they_share_a_hash_and_differ_in_none()
    {
        InfoHash otherV1 = InfoHash.OfInfo("x"u8);
        InfoHashV2 otherV2 = InfoHashV2.OfInfo("x"u8);
        TorrentId[] same = [new(V1), new(V2), Hybrid];
        TorrentId[] different = [default, new(otherV1), new(otherV2), new(V1, otherV2), new(otherV1, V2), new(otherV1, otherV2), new(V2.Truncated)];

        Assert.All(same, id => Assert.True(id.IsSameTorrent(Hybrid) && Hybrid.IsSameTorrent(id)));
        Assert.All(different, id => Assert.False(id.IsSameTorrent(Hybrid) || Hybrid.IsSameTorrent(id)));
        Assert.False(new TorrentId(V1).IsSameTorrent(new TorrentId(V2)));
        Assert.False(default(TorrentId).IsSameTorrent(default));
    }

    [Fact]
    public void Metadata_belongs_to_a_torrent_if_it_matches_every_known_hash()
    {
        Assert.True(Hybrid.MatchesInfo(Info));
        Assert.True(new TorrentId(V2).MatchesInfo(Info));
        Assert.False(new TorrentId(V1, InfoHashV2.OfInfo("x"u8)).MatchesInfo(Info));
        Assert.False(new TorrentId(InfoHash.OfInfo("x"u8), V2).MatchesInfo(Info));
        Assert.False(default(TorrentId).MatchesInfo(Info));
    }

    [Fact]
    public void A_links_id_consists_of_its_hashes()
    {
        Assert.Equal(new TorrentId(V1), MagnetLink.Parse($"magnet:?xt=urn:btih:{V1}").TorrentId);
        Assert.Equal(new TorrentId(V2), MagnetLink.Parse($"magnet:?xt=urn:btmh:1220{V2}").TorrentId);
        TorrentId both = MagnetLink.Parse($"magnet:?xt=urn:btih:{V1}&xt=urn:btmh:1220{V2}").TorrentId;
        Assert.Equal((V1, V2), (both.V1, both.V2));
    }

    [Fact]
    public void A_v2_hash_is_32_bytes()
    {
        Assert.Throws<ArgumentException>(() => new InfoHashV2(new byte[31]));
        Assert.Equal(V2, new InfoHashV2(V2.ToArray()));
        Assert.NotEqual(V2, InfoHashV2.OfInfo("x"u8));
    }

    [Fact]
    public void A_hybrid_has_a_second_name_on_the_wire()
    {
        var v1 = new InfoHash(Enumerable.Repeat((byte)1, 20).ToArray());
        var v2 = new InfoHashV2(Enumerable.Repeat((byte)2, 32).ToArray());
        Assert.Equal(v2.Truncated, new TorrentId(v1, v2).SecondWireHash);
        Assert.Null(new TorrentId(v1).SecondWireHash);
        Assert.Null(new TorrentId(v2).SecondWireHash);
        Assert.Null(default(TorrentId).SecondWireHash);
    }

    [Fact]
    public void The_other_hash_of_a_hybrid_is_the_one_that_does_not_lead_the_id()
    {
        var both = new TorrentId(V1, V2);
        Assert.Equal(new TorrentId(V2), both.OtherHash(both));
        Assert.Equal(new TorrentId(V2), new TorrentId(V1).OtherHash(both));
        Assert.Equal(new TorrentId(V1), new TorrentId(V2).OtherHash(both));
        Assert.Null(new TorrentId(V1).OtherHash(new TorrentId(V1)));
        Assert.Null(new TorrentId(V2).OtherHash(new TorrentId(V2)));
    }
}
