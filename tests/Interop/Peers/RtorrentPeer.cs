using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Interop.Tests.Tools;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>
/// rtorrent. It does not accept torrents without a tracker, and announces too rarely to wait for: it is given peers.
/// </summary>
internal sealed class RtorrentPeer : ForeignPeer
{
    /// <summary>Time without progress after which it is given the torrent again.</summary>
    private static readonly TimeSpan MostInVain = TimeSpan.FromSeconds(10);

    private readonly string _control;
    private readonly string _torrent;
    private readonly IPEndPoint[] _peers;
    private long _loaded = Stopwatch.GetTimestamp();
    private int _loads = 1;

    private RtorrentPeer(ToolProcess process, IPEndPoint endPoint, string control, string torrent, IPEndPoint[] peers)
        : base(process, endPoint) => (_control, _torrent, _peers) = (control, torrent, peers);

    public static RtorrentPeer Start(string torrent, string folder, IPEndPoint endPoint, Workspace workspace, TrackerlessDiscovery discovery, IPEndPoint[] peers)
    {
        string program = Tool.Require("rtorrent");
        string session = Directory.CreateDirectory(workspace.File($"rtorrent-{endPoint.Port}")).FullName;
        string control = Path.Combine(Path.GetTempPath(), $"rtorrent-{endPoint.Port}");
        string settings = workspace.File($"rtorrent-{endPoint.Port}.rc");
        string encryption = discovery.RequiredEncryption switch
        {
            EncryptionMethods.None => "allow_incoming,enable_retry",
            EncryptionMethods.Rc4 => "allow_incoming,try_outgoing,require,require_RC4",
            _ => "allow_incoming,try_outgoing,require,prefer_plaintext",
        };
        File.Delete(control);
        File.WriteAllLines(
            settings,
            [
                "system.daemon.set = true",
                $"network.scgi.open_local = {control}",
                $"session.path.set = {session}",
                $"directory.default.set = {folder}",
                $"network.bind_address.set = {endPoint.Address}",
                $"network.port_range.set = {endPoint.Port}-{endPoint.Port}",
                "network.port_random.set = no",
                "dht.mode.set = disable",
                "protocol.pex.set = no",
                "trackers.use_udp.set = no",
                $"protocol.encryption.set = {encryption}",
                $"load.start = {torrent}",
                "",
            ]);
        return new RtorrentPeer(ToolProcess.Start(program, "-n", "-o", $"import={settings}"), endPoint, control, torrent, peers);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        File.Delete(_control);
    }

    protected override async Task<bool> IsSeedingAsync(CancellationToken cancellationToken)
    {
        try
        {
            string answer = await CallAsync(
                "d.multicall2", ["", "main", "d.complete=", "d.is_active=", "d.hash="], cancellationToken);
            if (answer.Split("<i8>1</i8>").Length == 3)
                return true;
            // It tries a peer once and repeats that only after a long time. The attempt fails if it is not active yet or the machine is busy.
            if (answer.Contains("<i8>1</i8>", StringComparison.Ordinal) && answer.Split("<string>") is [_, var rest, ..])
            {
                string hash = rest.Split('<')[0];
                foreach (IPEndPoint peer in _peers)
                    await CallAsync("add_peer", [hash, peer.ToString()], cancellationToken);
                if (_peers.Length > 0 && Stopwatch.GetElapsedTime(_loaded) > MostInVain)
                {
                    _loaded = Stopwatch.GetTimestamp();
                    // It deletes a file that it has read, and reads no file twice.
                    await CallAsync("d.tied_to_file.set", [hash, ""], cancellationToken);
                    await CallAsync("d.erase", [hash], cancellationToken);
                    string copy = $"{_torrent}.{EndPoint.Port}-{++_loads}";
                    File.Copy(_torrent, copy);
                    await CallAsync("load.start", ["", copy], cancellationToken);
                }
            }

            return false;
        }
        catch (SocketException)
        {
            // It does not listen yet.
            return false;
        }
    }

    /// <summary>Calls a method: XML-RPC by SCGI through a Unix socket.</summary>
    private async Task<string> CallAsync(string method, string[] arguments, CancellationToken cancellationToken)
    {
        string values = string.Concat(arguments.Select(argument => $"<param><value><string>{argument}</string></value></param>"));
        byte[] body = Encoding.UTF8.GetBytes($"<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>");
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"CONTENT_LENGTH\0{body.Length}\0SCGI\0{1}\0"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_control), cancellationToken);
        await using var stream = new NetworkStream(socket);
        byte[] request = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{head.Length}:")), .. head, (byte)',', .. body];
        await stream.WriteAsync(request, cancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
