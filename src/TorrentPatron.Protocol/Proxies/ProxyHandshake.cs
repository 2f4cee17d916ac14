using System.Buffers;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>
/// The client's side of a handshake with a proxy: takes the received bytes, supplies the bytes to send, and ends with the stream.
/// Bounded: it stores no more than the longest answer. Not thread-safe.
/// </summary>
public abstract class ProxyHandshake
{
    private readonly ArrayBufferWriter<byte> _received = new(64);
    private readonly ArrayBufferWriter<byte> _toSend = new(64);
    private int _taken;

    /// <summary>The state of the handshake.</summary>
    public ProxyHandshakeState State { get; private set; }

    /// <summary>Why it failed.</summary>
    public ProxyFailure Failure { get; private set; }

    /// <summary>The part of the stream that arrived with the answer, once the handshake is done.</summary>
    public ReadOnlyMemory<byte> Received { get; private set; }

    /// <summary>Received bytes that no step has consumed.</summary>
    private protected ReadOnlySpan<byte> Rest => _received.WrittenSpan[_taken..];

    /// <summary>Takes received bytes.</summary>
    /// <param name="bytes">The bytes, of any number.</param>
    /// <returns>The state of the handshake.</returns>
    /// <exception cref="InvalidOperationException">The handshake is over.</exception>
    public ProxyHandshakeState Receive(ReadOnlySpan<byte> bytes)
    {
        if (State != ProxyHandshakeState.Open)
            throw new InvalidOperationException("The handshake is over.");
        _received.Write(bytes);
        while (State == ProxyHandshakeState.Open && Step())
        {
            // Continue with the next step.
        }

        if (State == ProxyHandshakeState.Done)
            Received = _received.WrittenMemory[_taken..];
        return State;
    }

    /// <summary>Takes the bytes to send now.</summary>
    public byte[] TakeToSend()
    {
        byte[] bytes = _toSend.WrittenSpan.ToArray();
        _toSend.Clear();
        return bytes;
    }

    /// <summary>Consumes the next part of the received bytes, if it is complete.</summary>
    /// <returns>Whether it was, so that the handshake is one step further.</returns>
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
