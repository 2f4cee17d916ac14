using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Tests.Client;

public sealed class PeerClassTests
{
    [Fact]
    public void A_class_has_the_given_addresses_whether_from_one_text_or_several()
    {
        Assert.True(PeerClass.TryMake(" office ", ["10.0.0.0/8, 192.0.2.1", "2001:db8::/32;192.0.2.7-192.0.2.9"], out PeerClass? made, out _));

        Assert.Equal(("office", "10.0.0.0/8, 192.0.2.1, 2001:db8::/32, 192.0.2.7-192.0.2.9"), (made.Name, made.Range));
        Assert.Equal((null, null, false), (made.MaxDownloadRate, made.MaxUploadRate, made.IsPreferred));
        Assert.Equal(4, made.Addresses.Count);
        // The displayed text can be parsed again.
        Assert.True(PeerClass.TryMake(made.Name, [made.Range], out PeerClass? again, out _));
        Assert.Equal(made.Range, again.Range);
    }

    [Theory]
    [InlineData("", "10.0.0.0/8", "1 to 64 characters")]
    [InlineData("local", "10.0.0.0/8", "built-in")]
    [InlineData("office", "10.0.0.0/33", "'10.0.0.0/33'")]
    [InlineData("office", "office.example", "'office.example'")]
    [InlineData("office", " , ", "has no addresses")]
    public void An_invalid_peer_class_is_refused_with_the_reason(string name, string range, string part)
    {
        Assert.False(PeerClass.TryMake(name, [range], out _, out TorrentError? error));
        Assert.Equal(TorrentErrorId.InvalidArgument, error.Id);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_longer_than_64_characters_is_refused() =>
        Assert.False(PeerClass.TryMake(new string('x', 65), ["10.0.0.0/8"], out _, out _));

    [Fact]
    public void Class_names_are_unique_and_the_number_of_classes_is_bounded()
    {
        Assert.Null(PeerClass.Check([Make("a"), Make("b")]));
        Assert.Contains("'a'", PeerClass.Check([Make("a"), Make("A")])!.Message, StringComparison.Ordinal);
        Assert.Null(PeerClass.Check([.. Enumerable.Range(0, 100).Select(i => Make($"c{i}"))]));
        Assert.Contains("101", PeerClass.Check([.. Enumerable.Range(0, 101).Select(i => Make($"c{i}"))])!.Message, StringComparison.Ordinal);
    }

    private static PeerClass Make(string name) => PeerClass.TryMake(name, ["10.0.0.0/8"], out PeerClass? made, out _) ? made : throw new ArgumentException(name);
}
