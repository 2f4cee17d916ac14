using System.Net;
using System.Text;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class ExtensionHandshakeTests
{
    [Fact]
    public void Written_messages_can_be_read()
    {
        var handshake = new ExtensionHandshake
        {
            Extensions = new Dictionary<string, byte> { ["ut_metadata"] = 3, ["ut_pex"] = 1 },
            Client = "TorrentPatron 0.1",
            RequestQueue = 500,
            ListenPort = 6881,
            IsUploadOnly = true,
            MetadataSize = 31235,
            YourAddress = IPAddress.Parse("81.2.69.142"),
        };
        byte[] bytes = handshake.ToBytes();

        Assert.Equal(
            "d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e4:reqqi500e11:upload_onlyi1e1:v17:TorrentPatron 0.16:yourip4:Q\u0002E\u008ee",
            Encoding.Latin1.GetString(bytes));
        Assert.True(ExtensionHandshake.TryRead(bytes, out ExtensionHandshake? read));
        Assert.Equal(handshake with { Extensions = read.Extensions }, read);
        Assert.Equal(handshake.Extensions, read.Extensions);
    }

    [Fact]
    public void The_example_of_BEP_10_is_read()
    {
        Assert.True(Read("d1:md11:LT_metadatai1e7:\u00b5T_PEXi2ee1:pi6881e1:v13:\u00b5Torrent 1.2e", out ExtensionHandshake? read));

        Assert.Equal(6881, read!.ListenPort);
        Assert.Equal(1, read.Extensions["LT_metadata"]);
        Assert.Equal(2, read.Extensions.Count);
    }

    [Theory]
    [InlineData("d6:yourip4:\u0051\u0002\u0045\u008ee", "81.2.69.142")]
    [InlineData("d6:yourip16:\u002a\u0001\u000d\u00b8\0\0\0\0\0\0\0\0\0\0\0\u0001e", "2a01:db8::1")]
    [InlineData("d6:yourip5:abcdee", null)]
    [InlineData("d6:youripi1ee", null)]
    public void Our_address_as_the_sender_sees_it_is_read(string text, string? address)
    {
        Assert.True(ExtensionHandshake.TryRead(Encoding.Latin1.GetBytes(text), out ExtensionHandshake? read));
        Assert.Equal(address is null ? null : IPAddress.Parse(address), read.YourAddress);
    }

    [Theory]
    [InlineData("d1:pi0e4:reqqi0e13:metadata_sizei0ee")]
    [InlineData("d1:pi65536e4:reqqi-5e13:metadata_sizei99999999999ee")]
    [InlineData("d1:p1:x4:reqq1:x13:metadata_size1:x1:vi1ee")]
    [InlineData("d1:mi1e1:plee")]
    [InlineData("d1:md1:ai256e1:bi-1e1:c1:xee")]
    public void Absurd_values_are_ignored(string text)
    {
        Assert.True(Read(text, out ExtensionHandshake? read));

        Assert.Null(read!.ListenPort);
        Assert.Null(read.RequestQueue);
        Assert.Null(read.MetadataSize);
        Assert.Empty(read.Client);
        Assert.Empty(read.Extensions);
    }

    [Fact]
    public void An_absurd_queue_length_is_not_believed()
    {
        Assert.True(Read("d4:reqqi9223372036854775807ee", out ExtensionHandshake? read));
        Assert.Equal(2000, read!.RequestQueue);
    }

    [Fact]
    public void Names_are_made_safe_to_print_or_dropped_if_they_are_long()
    {
        Assert.True(Read("d1:v5:\u001b[31me", out ExtensionHandshake? read));
        Assert.DoesNotContain('\u001b', read!.Client);
        Assert.True(Read($"d1:v201:{new string('a', 201)}e", out read));
        Assert.Empty(read!.Client);
    }

    [Fact]
    public void An_excessive_number_of_extensions_is_not_kept()
    {
        string many = string.Concat(Enumerable.Range(100, 200).Select(i => $"3:{i}i1e"));
        Assert.True(Read($"d1:md{many}ee", out ExtensionHandshake? read));
        Assert.Equal(64, read!.Extensions.Count);
    }

    [Fact]
    public void Overlong_names_of_extensions_are_not_kept()
    {
        Assert.True(Read($"d1:md65:{new string('a', 65)}i1e6:ut_pexi2eee", out ExtensionHandshake? read));
        Assert.Equal("ut_pex", Assert.Single(read!.Extensions).Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("le")]
    [InlineData("i1e")]
    [InlineData("d1:p")]
    [InlineData("d1:md")]
    [InlineData("llllllllllllllllllllllllee")]
    public void A_message_that_is_not_a_dictionary_is_not_a_handshake(string text) => Assert.False(Read(text, out _));

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(10);
        byte[] good = new ExtensionHandshake { Client = "x", RequestQueue = 1, ListenPort = 1, MetadataSize = 1 }.ToBytes();
        for (int round = 0; round < 10_000; round++)
        {
            byte[] bytes = [.. good];
            for (int i = random.Next(1, 5); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ExtensionHandshake.TryRead(bytes.AsMemory(0, random.Next(bytes.Length + 1)), out _);
        }
    }

    [Fact]
    public void A_later_handshake_contains_only_changes()
    {
        Assert.True(Read("d1:md11:ut_metadatai3e6:ut_pexi1ee1:pi6881e4:reqqi250e1:v1:ae", out ExtensionHandshake? first));
        Assert.True(Read("d1:md6:ut_pexi0e11:lt_donthavei7ee13:metadata_sizei100ee", out ExtensionHandshake? later));

        ExtensionHandshake now = later!.After(first!);

        Assert.Equal(new Dictionary<string, byte> { ["ut_metadata"] = 3, ["ut_pex"] = 0, ["lt_donthave"] = 7 }, now.Extensions);
        Assert.Equal(100, now.MetadataSize);
        Assert.Equal(6881, now.ListenPort);
        Assert.Equal(250, now.RequestQueue);
        Assert.Equal("a", now.Client);
    }

    private static bool Read(string text, out ExtensionHandshake? read) =>
        ExtensionHandshake.TryRead(Encoding.UTF8.GetBytes(text), out read);
}
