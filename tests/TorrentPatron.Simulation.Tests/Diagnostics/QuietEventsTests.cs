using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Simulation.Tests.Diagnostics;

/// <summary>In this project because nothing in its process listens to the events.</summary>
public sealed class QuietEventsTests
{
    [Fact]
    public void Events_allocate_nothing_without_a_listener()
    {
        var torrent = new TorrentId(new InfoHash(new byte[InfoHash.Length]));
        var peer = new IPEndPoint(IPAddress.Loopback, 1);
        var closed = new ClosedPeer(peer, "Client", DateTimeOffset.UnixEpoch, ClosedBy.Peer, "It left.");
        var tracker = new Uri("http://t.example/announce");
        var answer = new AnnounceResponse();
        var error = new TorrentError(TorrentErrorId.DiskReadFailed, "The disk failed.", "Mend it.");
        var fault = new InvalidOperationException("A mistake.");
        string[] senders = ["192.0.2.1:1"];
        Assert.False(EngineEvents.Log.IsEnabled());

        TellAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        TellAll();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void TellAll()
        {
            EngineEvents log = EngineEvents.Log;
            log.PeerClosed(torrent, closed);
            log.PeerBanned(torrent, peer, "It lied.");
            log.PeerRefused(torrent, peer, "No room.");
            log.DialFailed(torrent, peer, fault);
            log.TrackerAsked(torrent, tracker, AnnounceEvent.Started);
            log.TrackerAnswered(torrent, tracker, answer);
            log.TrackerFailed(torrent, tracker, fault);
            log.PieceFailed(torrent, 1, senders);
            log.DiskError(torrent, error);
            log.FaultCaught(torrent, "a root", fault);
        }
    }
}
