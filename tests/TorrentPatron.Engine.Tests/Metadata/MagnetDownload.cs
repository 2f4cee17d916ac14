using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Metadata;

/// <summary>Shared parts of tests of downloads by a magnet link.</summary>
internal static class MagnetDownload
{
    /// <summary>The extension id of <c>ut_metadata</c> at scripted peers.</summary>
    public const byte Number = 7;

    /// <summary>A torrent whose info dictionary takes three pieces of metadata.</summary>
    public static SwarmTorrent NewTorrent(int seed = 41) => new(seed, 1024, 1024 * 2000, 5000);

    public static MagnetLink LinkTo(SwarmTorrent torrent) => new() { InfoHash = torrent.Metainfo.InfoHash, Name = "a link" };

    /// <summary>Starts a torrent by its link.</summary>
    public static async Task<MemoryResumeStore> StartByLinkAsync(
        this TestEngine engine, SwarmTorrent torrent, Func<CreateNewTorrent, CreateNewTorrent>? with = null, params IPEndPoint[] peers)
    {
        var store = new MemoryResumeStore();
        Assert.IsType<NewTorrentCreated>(await engine.SendAsync(id =>
        {
            var command = new CreateNewTorrent(id, LinkTo(torrent), engine.Destination) { ResumeStore = store, Peers = peers };
            return with?.Invoke(command) ?? command;
        }));
        return store;
    }

    /// <summary>A scripted peer that waits to be dialled and claims metadata of the given size.</summary>
    public static async Task<ScriptedPeer> AwaitAsync(IListener listener, SwarmTorrent torrent, byte id, int? size)
    {
        ScriptedPeer peer = await ScriptedPeer.AwaitAsync(listener, torrent, id, isExtended: true);
        await SayHelloAsync(peer, size);
        return peer;
    }

    public static Task SayHelloAsync(ScriptedPeer peer, int? size) => peer.SendExtendedAsync(0, new ExtensionHandshake
    {
        Extensions = new Dictionary<string, byte> { [MetadataMessage.Extension] = Number },
        MetadataSize = size,
    }.ToBytes());

    /// <summary>Answers requests for metadata until the connection ends or every piece was requested.</summary>
    /// <param name="peer">The peer that answers.</param>
    /// <param name="engine">The engine's id of the extension.</param>
    /// <param name="metadata">The true metadata.</param>
    /// <param name="answer">Creates the answer for the index of a piece; null: the true one.</param>
    public static async Task GiveAsync(ScriptedPeer peer, byte engine, byte[] metadata, Func<int, byte[]?>? answer = null)
    {
        try
        {
            while (await peer.NextAsync() is { } next)
            {
                if (next.Id != MessageId.Extended || next.Body[0] != Number)
                    continue;
                Assert.True(MetadataMessage.TryRead(next.Body.AsSpan(1), out MetadataMessage request));
                if (request.Kind == MetadataMessageKind.Request)
                    await peer.SendExtendedAsync(engine, answer?.Invoke(request.Piece) ?? MetadataMessage.WriteData(request.Piece, metadata));
            }
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }
    }
}
