using System.Buffers;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>
/// The client's side of a handshake with a proxy: takes what the proxy sends, says what to send, and ends with the stream behind it. Bounded:
/// no more is kept of the proxy than the longest answer has. Not thread-safe.
/// </summary>
public abstract class ProxyHandshake
{
    private readonly ArrayBufferWriter<byte> _received = new(64);
    private readonly ArrayBufferWriter<byte> _toSend = new(64);
    private int _taken;

    /// <summary>How far it has come.</summary>
    public ProxyHandshakeState State { get; private set; }

    /// <summary>Why it failed.</summary>
    public ProxyFailure Failure { get; private set; }

    /// <summary>The beginning of the stream, once it is done, as far as it has come with the answer.</summary>
    public ReadOnlyMemory<byte> Received { get; private set; }

    /// <summary>Bytes received that no step has taken.</summary>
    private protected ReadOnlySpan<byte> Rest => _received.WrittenSpan[_taken..];

    /// <summary>Takes what the proxy has sent.</summary>
    /// <param name="bytes">The bytes, of any number.</param>
    /// <returns>How far it has come.</returns>
    /// <exception cref="InvalidOperationException">The handshake is over.</exception>
    public ProxyHandshakeState Receive(ReadOnlySpan<byte> bytes)
    {
        if (State != ProxyHandshakeState.Open)
            throw new InvalidOperationException("The handshake is over.");
        _received.Write(bytes);
        while (State == ProxyHandshakeState.Open && Step())
        {
            // The next step.
        }

        if (State == ProxyHandshakeState.Done)
            Received = _received.WrittenMemory[_taken..];
        return State;
    }

    /// <summary>Takes what is to be sent now.</summary>
    public byte[] TakeToSend()
    {
        byte[] bytes = _toSend.WrittenSpan.ToArray();
        _toSend.Clear();
        return bytes;
    }

    /// <summary>Takes the next part of what has been received, where it is whole.</summary>
    /// <returns>Whether it was, and the handshake is one step further.</returns>
    private protected abstract bool Step();

    private protected void Send(ReadOnlySpan<byte> bytes) => _toSend.Write(bytes);

    private protected void Take(int length) => _taken += length;

    private protected bool Finish()
    {
        State = ProxyHandshakeState.Done;
        return true;
    }

    private protected bool Fail(ProxyFailure why)
    {
        (State, Failure) = (ProxyHandshakeState.Failed, why);
        return true;
    }
}
