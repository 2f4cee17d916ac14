using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class TokenIssuerTests
{
    private static readonly IPAddress Asker = IPAddress.Parse("10.0.0.1");

    private readonly TokenIssuer _issuer = new(new Random(1).NextBytes, TimeSpan.Zero);

    [Fact]
    public void A_token_is_valid_only_for_its_address()
    {
        byte[] token = _issuer.Issue(Asker, TimeSpan.Zero);
        Assert.True(_issuer.IsValid(token, Asker, TimeSpan.Zero));
        Assert.False(_issuer.IsValid(token, IPAddress.Parse("10.0.0.2"), TimeSpan.Zero));
        Assert.False(_issuer.IsValid(token.AsSpan(1), Asker, TimeSpan.Zero));
        Assert.False(_issuer.IsValid([], Asker, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0, 5, true)]
    [InlineData(0, 9, true)]
    [InlineData(0, 10, false)]
    [InlineData(4, 9, true)]
    [InlineData(4, 10, false)]
    [InlineData(4, 1000, false)]
    public void A_token_is_valid_for_five_to_ten_minutes(int issued, int shown, bool holds)
    {
        byte[] token = _issuer.Issue(Asker, TimeSpan.FromMinutes(issued));
        for (int minute = issued; minute < shown && shown < 100; minute++)
            _issuer.Issue(Asker, TimeSpan.FromMinutes(minute));
        Assert.Equal(holds, _issuer.IsValid(token, Asker, TimeSpan.FromMinutes(shown)));
    }
}
