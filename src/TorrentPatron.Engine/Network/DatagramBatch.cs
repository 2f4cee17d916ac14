using System.Net;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Datagrams that are sent or received together, in buffers that are used again and never move. Not thread-safe: it belongs to whoever
/// fills it, and to the socket while the socket sends or receives it.
/// </summary>
public sealed class DatagramBatch
{
    private readonly byte[] _bytes;
    private readonly int[] _lengths;
    private readonly IPEndPoint[] _remotes;
    private LinuxDatagrams? _linux;

    /// <summary>Makes an empty batch.</summary>
    /// <param name="capacity">Datagrams that it holds at most; 1 or more.</param>
    /// <param name="longest">Bytes of the longest datagram, 1 or more. Memory that no datagram reaches is never touched.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is less than 1.</exception>
    public DatagramBatch(int capacity, int longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        LongestDatagram = longest;
        _lengths = new int[capacity];
        _remotes = new IPEndPoint[capacity];
        _bytes = GC.AllocateUninitializedArray<byte>(checked(capacity * longest), pinned: true);
    }

    /// <summary>Datagrams that it holds at most.</summary>
    public int Capacity => _lengths.Length;

    /// <summary>Bytes of the longest datagram that fits.</summary>
    public int LongestDatagram { get; }

    /// <summary>Datagrams in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram fits.</summary>
    public bool IsFull => Count == Capacity;

    /// <summary>A datagram; valid until the batch is cleared.</summary>
    /// <param name="index">Its number, 0 to <see cref="Count"/> - 1.</param>
    public ReadOnlyMemory<byte> this[int index] => _bytes.AsMemory(Start(index), _lengths[index]);

    /// <summary>Room for the next datagram; <see cref="Add"/> takes what was written there. Only while the batch is not full.</summary>
    public Memory<byte> Next => _bytes.AsMemory(Count * LongestDatagram, LongestDatagram);

    /// <summary>Where a datagram goes to or came from.</summary>
    /// <param name="index">Its number, 0 to <see cref="Count"/> - 1.</param>
    public IPEndPoint Remote(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return _remotes[index];
    }

    /// <summary>Adds the datagram that was written to <see cref="Next"/>.</summary>
    /// <param name="length">Its bytes, 0 to <see cref="LongestDatagram"/>.</param>
    /// <param name="remote">Where it goes to or came from.</param>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Add(int length, IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)LongestDatagram, nameof(length));
        if (IsFull)
            throw new InvalidOperationException("The batch is full.");
        (_lengths[Count], _remotes[Count]) = (length, remote);
        Count++;
    }

    /// <summary>Adds a copy of a datagram.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Where it goes to or came from.</param>
    /// <returns>Whether it fits: the batch was not full, and the datagram is not too long.</returns>
    public bool TryAdd(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        if (IsFull || datagram.Length > LongestDatagram)
            return false;
        datagram.CopyTo(Next.Span);
        Add(datagram.Length, remote);
        return true;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        // The end points are left: most are used again, and there are few.
        Count = 0;
    }

    /// <summary>The batch as the calls of Linux take it; made at the first use.</summary>
    [SupportedOSPlatform("linux")]
    internal LinuxDatagrams Linux => _linux ??= new LinuxDatagrams(this);

    /// <summary>Where the bytes of a slot lie in memory.</summary>
    internal nint Address(int index) => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, index * LongestDatagram);

    private int Start(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return index * LongestDatagram;
    }
}
