using System.Text;
using TorrentPatron.Protocol.Encryption;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Encryption;

public class EncryptionHandshakeTests
{
    private const EncryptionMethods Both = EncryptionMethods.Plaintext | EncryptionMethods.Rc4;

    private static readonly InfoHash Torrent = new(Enumerable.Range(0, 20).Select(i => (byte)i).ToArray());
    private static readonly byte[] Hello = Encoding.ASCII.GetBytes("the BitTorrent handshake");

    [Theory]
    [InlineData(Both, EncryptionMethods.Rc4, 1)]
    [InlineData(Both, EncryptionMethods.Rc4, 1000)]
    [InlineData(Both, EncryptionMethods.Plaintext, 7)]
    [InlineData(EncryptionMethods.Rc4, EncryptionMethods.Rc4, 100)]
    [InlineData(EncryptionMethods.Plaintext, EncryptionMethods.Plaintext, 100)]
    public void Both_sides_agree_on_a_method_and_on_the_stream(EncryptionMethods offered, EncryptionMethods chosen, int chunk)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var initiator = new EncryptionInitiator(Torrent, offered, Hello, random.NextBytes);
            var responder = new EncryptionResponder(Find, _ => chosen, random.NextBytes);
            Exchange(initiator, responder, chunk);

            Assert.Equal(EncryptionState.Done, initiator.State);
            Assert.Equal(EncryptionState.Done, responder.State);
            Assert.Equal(chosen, initiator.Method);
            Assert.Equal(chosen, responder.Method);
            Assert.Equal(Torrent, responder.Torrent);
            Assert.Equal(Hello, responder.Received.ToArray());
            Assert.Equal(0, initiator.Received.Length);
            Assert.Equal("from here", Through(initiator.Outgoing, responder.Incoming, "from here"));
            Assert.Equal("from there", Through(responder.Outgoing, initiator.Incoming, "from there"));
        }
    }

    [Fact]
    public void Plaintext_leaves_the_stream_as_it_is()
    {
        (EncryptionInitiator initiator, EncryptionResponder responder) = Agreed(EncryptionMethods.Plaintext);
        Assert.Null(initiator.Incoming);
        Assert.Null(initiator.Outgoing);
        Assert.Null(responder.Incoming);
        Assert.Null(responder.Outgoing);
    }

    [Fact]
    public void The_stream_may_arrive_with_the_end_of_the_handshake()
    {
        (EncryptionInitiator initiator, EncryptionResponder responder) = Begun();
        responder.Receive(initiator.TakeToSend());
        initiator.Receive(responder.TakeToSend());
        responder.Receive(initiator.TakeToSend());
        byte[] answer = responder.TakeToSend(), stream = Encoding.ASCII.GetBytes("and so on");
        responder.Outgoing!.Apply(stream);
        Assert.Equal(EncryptionState.Done, initiator.Receive([.. answer, .. stream]));
        Assert.Equal("and so on", Encoding.ASCII.GetString(initiator.Received.Span));
    }

    [Fact]
    public void Nothing_on_the_wire_reveals_BitTorrent()
    {
        (EncryptionInitiator initiator, EncryptionResponder responder) = Begun();
        byte[] key = initiator.TakeToSend();
        responder.Receive(key);
        initiator.Receive(responder.TakeToSend());
        byte[] wire = [.. key, .. initiator.TakeToSend()];
        Assert.Equal(-1, wire.AsSpan().IndexOf(Hello.AsSpan(0, 8)));
        byte[] torrent = new byte[InfoHash.Length];
        Torrent.CopyTo(torrent);
        Assert.Equal(-1, wire.AsSpan().IndexOf(torrent));
    }

    [Fact]
    public void A_handshake_for_an_unknown_torrent_fails()
    {
        var random = new Random(1);
        var responder = new EncryptionResponder(_ => null, _ => EncryptionMethods.Rc4, random.NextBytes);
        Exchange(new EncryptionInitiator(Torrent, Both, Hello, random.NextBytes), responder, 100);
        Assert.Equal(EncryptionState.Failed, responder.State);
        Assert.Null(responder.Torrent);
    }

    [Fact]
    public void A_method_that_is_not_offered_fails_on_both_sides()
    {
        var random = new Random(1);
        var initiator = new EncryptionInitiator(Torrent, EncryptionMethods.Rc4, Hello, random.NextBytes);
        var responder = new EncryptionResponder(Find, offered => offered & EncryptionMethods.Plaintext, random.NextBytes);
        Exchange(initiator, responder, 100);
        Assert.Equal(EncryptionState.Failed, responder.State);

        // A responder that chooses a method that was not offered.
        initiator = new EncryptionInitiator(Torrent, EncryptionMethods.Rc4, Hello, random.NextBytes);
        Exchange(initiator, new EncryptionResponder(Find, _ => EncryptionMethods.Plaintext, random.NextBytes), 100);
        Assert.Equal(EncryptionState.Failed, initiator.State);
    }

    [Theory] // 0, 1, p - 1 and p + 1 make a secret that anybody knows.
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090562")]
    [InlineData("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090564")]
    public void A_key_with_a_predictable_secret_fails(string key)
    {
        var responder = new EncryptionResponder(Find, _ => EncryptionMethods.Rc4, new Random(1).NextBytes);
        Assert.Equal(EncryptionState.Failed, responder.Receive(Convert.FromHexString(key.PadLeft(192, '0'))));
    }

    [Fact]
    public void Endless_padding_fails_on_both_sides()
    {
        (EncryptionInitiator initiator, EncryptionResponder responder) = Begun();
        byte[] key = initiator.TakeToSend();
        byte[] noise = new byte[EncryptionHandshake.MostPadding + 20];
        Assert.Equal(EncryptionState.Open, responder.Receive(key.AsSpan(0, 96)));
        Assert.False(responder.AwaitsKey);
        Assert.Equal(EncryptionState.Failed, responder.Receive(noise));
        Assert.Equal(EncryptionState.Failed, initiator.Receive([.. responder.TakeToSend().AsSpan(0, 96), .. noise]));
    }

    [Fact]
    public void An_initiator_waits_for_missing_bytes()
    {
        (EncryptionInitiator initiator, EncryptionResponder responder) = Begun();
        responder.Receive(initiator.TakeToSend());
        byte[] key = responder.TakeToSend();
        Assert.Equal(EncryptionState.Open, initiator.Receive(key.AsSpan(0, 95)));
        Assert.True(initiator.AwaitsKey);
        Assert.Empty(initiator.TakeToSend());
        Assert.Equal(EncryptionState.Open, initiator.Receive(key.AsSpan(95)));
        Assert.NotEmpty(initiator.TakeToSend());
    }

    [Fact]
    public void Noise_after_a_genuine_key_never_throws_and_ends()
    {
        var random = new Random(5);
        byte[] bytes = new byte[20_000];
        for (int round = 0; round < 50; round++)
        {
            (EncryptionInitiator initiator, EncryptionResponder responder) = Begun();
            random.NextBytes(bytes);
            foreach (EncryptionHandshake side in (EncryptionHandshake[])[initiator, responder])
            {
                for (int at = 0; at < bytes.Length && side.State == EncryptionState.Open; at += 100)
                    side.Receive(bytes.AsSpan(at, 100));
                Assert.Equal(EncryptionState.Failed, side.State);
            }
        }
    }

    private static InfoHash? Find(ObfuscatedInfoHash name) => name == ObfuscatedInfoHash.Of(Torrent) ? Torrent : null;

    private static (EncryptionInitiator Initiator, EncryptionResponder Responder) Begun()
    {
        var random = new Random(3);
        return (new EncryptionInitiator(Torrent, Both, Hello, random.NextBytes), new EncryptionResponder(Find, _ => EncryptionMethods.Rc4, random.NextBytes));
    }

    private static (EncryptionInitiator Initiator, EncryptionResponder Responder) Agreed(EncryptionMethods chosen)
    {
        var random = new Random(3);
        var initiator = new EncryptionInitiator(Torrent, Both, Hello, random.NextBytes);
        var responder = new EncryptionResponder(Find, _ => chosen, random.NextBytes);
        Exchange(initiator, responder, 100);
        return (initiator, responder);
    }

    /// <summary>Passes bytes between both sides, in chunks, until neither sends any.</summary>
    private static void Exchange(EncryptionHandshake one, EncryptionHandshake other, int chunk)
    {
        for (bool isGoing = true; isGoing;)
        {
            isGoing = Carry(one, other, chunk);
            isGoing |= Carry(other, one, chunk);
        }
    }

    private static bool Carry(EncryptionHandshake from, EncryptionHandshake to, int chunk)
    {
        byte[] bytes = from.TakeToSend();
        for (int at = 0; at < bytes.Length && to.State == EncryptionState.Open; at += chunk)
            to.Receive(bytes.AsSpan(at, Math.Min(chunk, bytes.Length - at)));
        return bytes.Length > 0;
    }

    private static string Through(Rc4? sender, Rc4? receiver, string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        sender?.Apply(bytes);
        receiver?.Apply(bytes);
        return Encoding.ASCII.GetString(bytes);
    }
}
