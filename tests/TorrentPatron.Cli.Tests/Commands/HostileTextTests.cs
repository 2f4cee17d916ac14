using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Cli.Tests.Commands;

/// <summary>Text from a torrent or its tracker is printed only as harmless text.</summary>
public sealed class HostileTextTests : PatronFixture
{
    private static readonly string[] Texts =
    [
        "\u001B[2J\u001B]0;owned\u0007\u009B31m", "gpj.\u202Eexe\u2066\u200F\u061C", "a\r\nb\tc\u0085d\u2028e\0f", "\"; program ;\"$(x)`x`",
        "../../etc\\passwd",
    ];

    [Fact]
    public async Task Names_comments_and_tracker_messages_are_harmless_in_all_output()
    {
        using var tracker = new TcpListener(IPAddress.Loopback, 0);
        tracker.Start();
        Task answering = RefuseAsync(tracker, string.Concat(Texts));
        string torrent = In("hostile.torrent");
        await File.WriteAllBytesAsync(torrent, Torrent($"http://{tracker.LocalEndpoint}/announce"), Token);

        AssertHarmless(await RunAsync("info", torrent));
        AssertHarmless(await RunAsync("info", torrent, "--json"));
        string[] start = ["start", torrent, "--destination", In("out"), "--state", In("state"), "--timeout", "1s"];
        AssertHarmless(await RunAsync(start));
        AssertHarmless(await RunAsync([.. start, "--json"]));
        AssertHarmless(await RunAsync("status", "--state", In("state")));
        WriteFile(In("file"), 1);
        AssertHarmless(await RunAsync("start", torrent, "--destination", In("file", "below"), "--state", In("state2")));
        tracker.Stop();
        await answering.WaitAsync(Token);
    }

    private static byte[] Torrent(string tracker)
    {
        static string String(string value) => $"{Encoding.UTF8.GetByteCount(value)}:{value}";
        string all = String(string.Concat(Texts));
        string files = string.Concat(Texts.Select(text => $"d6:lengthi1e4:pathl{String(text)}{String(text)}ee"));
        return Encoding.UTF8.GetBytes(
            $"d8:announce{String(tracker)}7:comment{all}10:created by{all}4:infod5:filesl{files}e"
            + $"4:name{all}12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa6:source{all}ee");
    }

    private static async Task RefuseAsync(TcpListener tracker, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes($"d14:failure reason{Encoding.UTF8.GetByteCount(text)}:{text}e");
        try
        {
            while (true)
            {
                using TcpClient client = await tracker.AcceptTcpClientAsync(Token);
                await client.GetStream().ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, Token);
                await client.GetStream().WriteAsync(
                    (byte[])[.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body], Token);
            }
        }
        catch (Exception fault) when (fault is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static void AssertHarmless(PatronRun run)
    {
        AssertHarmless(run.Output);
        foreach (string line in run.ErrorLines)
            AssertHarmless(line);
    }

    private static void AssertHarmless(string text)
    {
        foreach (char c in text)
        {
            Assert.False(char.IsControl(c) && c is not ('\n' or '\r'), $"U+{(int)c:X4} is printed: {text}");
            Assert.DoesNotContain(c, "\u202E\u2066\u200F\u061C\u2028");
        }
    }
}
