using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>The extension protocol with one peer (BEP 10): what it said of itself, and which messages go where.</summary>
internal sealed class PeerExtensions
{
    /// <summary>Longest handshake read, bytes.</summary>
    private const int MaxHelloLength = 16 * 1024;

    /// <summary>Handshakes taken from one peer: it may say again what has changed.</summary>
    private const int MostHellos = 100;

    private readonly PeerConnection _peer;
    private readonly ExtensionTable _table;
    private ExtensionHandshake? _hello;
    private int _hellos;

    /// <summary>Makes ready to speak with a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="table">The extensions that we speak.</param>
    public PeerExtensions(PeerConnection peer, ExtensionTable table)
    {
        _peer = peer;
        _table = table;
    }

    /// <summary>What the peer said of itself, the latest of each; null before it did.</summary>
    public ExtensionHandshake? Hello => Volatile.Read(ref _hello);

    /// <summary>Whether the peer wants nothing more (BEP 21), as it said last.</summary>
    public bool IsUploadOnly { get; set; }

    /// <summary>Whether we have told it that we want nothing more, the last time that we told it either way.</summary>
    public bool HasSaidUploadOnly { get; set; }

    /// <summary>Says, at the next flush, what we speak, to a peer that understands it; again where something has changed.</summary>
    /// <param name="hello">What else is said.</param>
    public void AddHello(ExtensionHandshake hello)
    {
        if (!_peer.IsExtended)
            return;
        hello = _table.Describe(hello);
        HasSaidUploadOnly = hello.IsUploadOnly;
        _peer.Sender.AddExtended(0, hello.ToBytes());
    }

    /// <summary>Whether the peer takes messages of an extension.</summary>
    public bool Speaks(IPeerExtension extension) => NumberOf(extension) != 0;

    /// <summary>Appends a message to what is sent next.</summary>
    /// <returns>Whether the peer takes such messages.</returns>
    public bool TryAdd(IPeerExtension extension, ReadOnlySpan<byte> payload)
    {
        byte number = NumberOf(extension);
        if (number == 0)
            return false;
        _peer.Sender.AddExtended(number, payload);
        return true;
    }

    /// <summary>Takes a message. Called from the receive loop.</summary>
    /// <param name="number">The number that we gave the extension; 0: the handshake.</param>
    /// <param name="payload">What follows it.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
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

    /// <summary>The connection has ended.</summary>
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

        // A later one tells what has changed only.
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
