using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Web;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>Serves a tracker over HTTP (BEP 3, 23), with one announce per connection.</summary>
internal sealed class SimulatedHttpTracker
{
    private const int MostBytes = 8 * 1024;

    private readonly SimulatedTracker _tracker;

    public SimulatedHttpTracker(SimulatedTracker tracker, SimulatedHost host, int port = 80)
    {
        _tracker = tracker;
        _ = AcceptAsync(host.Listen(new(host.Address, port)));
    }

    private async Task AcceptAsync(IListener listener)
    {
        while (true)
            _ = ServeAsync(await listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false));
    }

    private async Task ServeAsync(IConnection connection)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[MostBytes];
                int length = 0;
                while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                {
                    int received = await connection.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
                    if (received == 0)
                        return;
                    length += received;
                }

                byte[] body = Answer(connection, Encoding.ASCII.GetString(buffer, 0, length).Split(' ')[1]);
                await connection.SendAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n")).ConfigureAwait(false);
                await connection.SendAsync(body).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The client has closed the connection.
            }
        }
    }

    private byte[] Answer(IConnection connection, string pathAndQuery)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        try
        {
            AnnounceResponse response = _tracker.Take(connection.RemoteEndPoint.Address, Read(pathAndQuery));
            writer.Write("interval"u8, (long)response.Interval.TotalSeconds);
            writer.Write("peers"u8, CompactPeers.Write(response.Peers, AddressFamily.InterNetwork));
        }
        catch (TrackerFailureException failure)
        {
            writer.Write("failure reason"u8, failure.Message);
        }

        writer.End();
        return output.WrittenSpan.ToArray();
    }

    private static AnnounceRequest Read(string pathAndQuery)
    {
        Dictionary<string, string> values = pathAndQuery[(pathAndQuery.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&')
            .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return new AnnounceRequest
        {
            InfoHash = new InfoHash(HttpUtility.UrlDecodeToBytes(values["info_hash"])),
            PeerId = new PeerId(HttpUtility.UrlDecodeToBytes(values["peer_id"])),
            Port = ushort.Parse(values["port"], CultureInfo.InvariantCulture),
            Left = long.Parse(values["left"], CultureInfo.InvariantCulture),
            Event = Enum.TryParse(values.GetValueOrDefault("event"), ignoreCase: true, out AnnounceEvent named) ? named : AnnounceEvent.None,
        };
    }
}
