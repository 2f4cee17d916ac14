using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>The extension protocol with one peer (BEP 10): its extension handshake, and the routing of messages.</summary>
internal sealed class PeerExtensions
{
    /// <summary>The longest extension handshake accepted, bytes.</summary>
    private const int MaxHelloLength = 16 * 1024;

    /// <summary>The most extension handshakes accepted from one peer, which may send changes.</summary>
    private const int MostHellos = 100;

    private readonly PeerConnection _peer;
    private readonly ExtensionTable _table;
    private ExtensionHandshake? _hello;
    private int _hellos;

    /// <summary>Creates the extensions of a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="table">Our extensions.</param>
    public PeerExtensions(PeerConnection peer, ExtensionTable table)
    {
        _peer = peer;
        _table = table;
    }

    /// <summary>The peer's extension handshake, with later changes merged in; null until it arrives.</summary>
    public ExtensionHandshake? Hello => Volatile.Read(ref _hello);

    /// <summary>Whether the peer has declared itself upload-only (BEP 21).</summary>
    public bool IsUploadOnly { get; set; }

    /// <summary>Whether we have declared ourselves upload-only to it.</summary>
    public bool HasSaidUploadOnly { get; set; }

    /// <summary>Sends our extension handshake, or changes to it, at the next flush, to a peer that supports it.</summary>
    /// <param name="hello">Its other entries.</param>
    public void AddHello(ExtensionHandshake hello)
    {
        if (!_peer.IsExtended)
            return;
        hello = _table.Describe(hello);
        HasSaidUploadOnly = hello.IsUploadOnly;
        _peer.Sender.AddExtended(0, hello.ToBytes());
    }

    /// <summary>Whether the peer supports an extension.</summary>
    public bool Speaks(IPeerExtension extension) => NumberOf(extension) != 0;

    /// <summary>Appends a message of an extension to the pending ones.</summary>
    /// <returns>Whether the peer supports the extension.</returns>
    public bool TryAdd(IPeerExtension extension, ReadOnlySpan<byte> payload)
    {
        byte number = NumberOf(extension);
        if (number == 0)
            return false;
        _peer.Sender.AddExtended(number, payload);
        return true;
    }

    /// <summary>Handles a message. Called from the receive loop.</summary>
    /// <param name="number">Our number for the extension; 0 for the handshake.</param>
    /// <param name="payload">The payload after the number.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? Handle(byte number, ReadOnlySpan<byte> payload)
    {
        if (number == 0)
            return HandleHello(payload);
        if (_table.Find(number) is not { } extension)
        {
            _peer.FutileWork.Charge(FutileWork.Of(payload.Length));
            return null;
        }

        return payload.Length > extension.MaxLength
            ? $"Its {extension.Name} message is too long."
            : extension.Handle(_peer, payload);
    }

    /// <summary>Called when the connection has ended.</summary>
    public void End()
    {
        foreach (IPeerExtension extension in _table.All)
            extension.PeerLeft(_peer);
    }

    private byte NumberOf(IPeerExtension extension) => Hello?.Extensions.GetValueOrDefault(extension.Name) ?? 0;

    private string? HandleHello(ReadOnlySpan<byte> payload)
    {
        _peer.FutileWork.Charge(FutileWork.Change);
        if (++_hellos > MostHellos)
            return "It sends too many extension handshakes.";
        if (payload.Length > MaxHelloLength)
            return "Its extension handshake is too long.";
        if (!ExtensionHandshake.TryRead(payload.ToArray(), out ExtensionHandshake? hello))
            return null;

        // Later handshakes contain only changes.
        Volatile.Write(ref _hello, _hello is null ? hello : hello.After(_hello));
        IsUploadOnly |= hello.IsUploadOnly;
        if (_hellos == 1 && hello.YourAddress is { } us)
            _peer.NoteOurAddress(us);
        _peer.SetRequestLimit();
        foreach (IPeerExtension extension in _table.All)
            extension.PeerSaidHello(_peer);
        return null;
    }
}
