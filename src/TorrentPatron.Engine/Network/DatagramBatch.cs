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
    private readonly int _pieceLength;
    private readonly List<byte[]> _pieces = [];
    private Datagram[] _datagrams;
    private int _piece;
    private int _used;
    private LinuxDatagrams? _linux;

    /// <summary>Makes an empty batch. Memory comes with the datagrams.</summary>
    /// <param name="capacity">Datagrams that it holds at most; 1 or more. Those that the system has put together count as one when they are received.</param>
    /// <param name="longest">Bytes of the longest datagram, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is less than 1.</exception>
    public DatagramBatch(int capacity, int longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        Capacity = capacity;
        LongestDatagram = longest;
        _pieceLength = Math.Max(longest, DatagramMemory.Length);
        _datagrams = new Datagram[Math.Min(capacity, 32)];
    }

    /// <summary>Datagrams that it holds at most.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of the longest datagram that fits.</summary>
    public int LongestDatagram { get; }

    /// <summary>Datagrams in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram fits.</summary>
    public bool IsFull => Count >= Capacity;

    /// <summary>A datagram; valid until the batch is cleared.</summary>
    /// <param name="index">Its number, 0 to <see cref="Count"/> - 1.</param>
    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            ref readonly Datagram datagram = ref Find(index);
            return _pieces[datagram.Piece].AsMemory(datagram.Start, datagram.Length);
        }
    }

    /// <summary>Room for the next datagram; <see cref="Add(int, IPEndPoint)"/> takes what was written there. Only while the batch is not full.</summary>
    public Memory<byte> Next
    {
        get
        {
            MakeRoom();
            return _pieces[_piece].AsMemory(_used, LongestDatagram);
        }
    }

    /// <summary>Bytes of the memory that it holds.</summary>
    internal int Memory => _pieces.Count * _pieceLength;

    /// <summary>The batch as the calls of Linux take it; made at the first use.</summary>
    [SupportedOSPlatform("linux")]
    internal LinuxDatagrams Linux => _linux ??= new LinuxDatagrams(this);

    /// <summary>Where a datagram goes to or came from.</summary>
    /// <param name="index">Its number, 0 to <see cref="Count"/> - 1.</param>
    public IPEndPoint Remote(int index) => Find(index).Remote;

    /// <summary>Adds the datagram that was written to <see cref="Next"/>.</summary>
    /// <param name="length">Its bytes, 0 to <see cref="LongestDatagram"/>.</param>
    /// <param name="remote">Where it goes to or came from.</param>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Add(int length, IPEndPoint remote) => Add(length, remote, isWhole: false);

    /// <summary>Adds a copy of a datagram.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Where it goes to or came from.</param>
    /// <returns>Whether it fits: the batch was not full, and the datagram is not too long.</returns>
    public bool TryAdd(ReadOnlySpan<byte> datagram, IPEndPoint remote) => TryAdd(datagram, remote, isWhole: false);

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        // The end points are left: most are used again, and there are few.
        (Count, _piece, _used) = (0, 0, 0);
    }

    /// <summary>Adds a copy of a datagram.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Where it goes to.</param>
    /// <param name="isWhole">Whether it must arrive whole or not at all: no router may split it.</param>
    internal bool TryAdd(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool isWhole)
    {
        if (IsFull || datagram.Length > LongestDatagram)
            return false;
        datagram.CopyTo(Next.Span);
        Add(datagram.Length, remote, isWhole);
        return true;
    }

    /// <summary>Whether a datagram must arrive whole or not at all.</summary>
    internal bool IsWhole(int index) => Find(index).IsWhole;

    /// <summary>Gives back the memory that it needs only when there is much to do. Only while it is empty.</summary>
    /// <param name="pieces">Pieces of memory to keep.</param>
    internal void Trim(int pieces)
    {
        for (int last = _pieces.Count - 1; last >= pieces; last--)
        {
            if (_pieceLength == DatagramMemory.Length)
                DatagramMemory.Return(_pieces[last]);
            _pieces.RemoveAt(last);
        }
    }

    /// <summary>Where the bytes of a datagram lie in memory.</summary>
    internal nint Address(int index)
    {
        ref readonly Datagram datagram = ref Find(index);
        return Marshal.UnsafeAddrOfPinnedArrayElement(_pieces[datagram.Piece], datagram.Start);
    }

    /// <summary>
    /// How many datagrams, from one on, go to the same address, lie one behind the other, and are of one length, but for the last, which
    /// may be shorter.
    /// </summary>
    /// <param name="first">The number of the first one.</param>
    /// <param name="most">Datagrams at most.</param>
    /// <param name="mostBytes">Bytes of all at most.</param>
    /// <param name="bytes">Bytes of all.</param>
    internal int Run(int first, int most, int mostBytes, out int bytes)
    {
        ref readonly Datagram head = ref Find(first);
        bytes = head.Length;
        int count = 1;
        if (head.Length == 0 || head.IsWhole)
            return count;
        for (int length = head.Length; count < most && first + count < Count && length == head.Length; count++)
        {
            ref readonly Datagram next = ref Find(first + count);
            if (next.Length == 0 || next.Length > head.Length || next.IsWhole || next.Piece != head.Piece || next.Start != head.Start + bytes
                || bytes + next.Length > mostBytes || !(ReferenceEquals(next.Remote, head.Remote) || next.Remote.Equals(head.Remote)))
                break;
            length = next.Length;
            bytes += length;
        }

        return count;
    }

    /// <summary>Memory for what one call of the system receives, <see cref="DatagramMemory.Length"/> bytes or more. Only while it is empty.</summary>
    /// <param name="slot">Its number, from 0 on.</param>
    internal byte[] Slot(int slot) => Piece(slot);

    /// <summary>Adds what was received into a slot.</summary>
    /// <param name="slot">The slot's number; they are added in their order.</param>
    /// <param name="length">Bytes received.</param>
    /// <param name="segment">Bytes of each of the datagrams that the system has put together, but for the last, which may be shorter.</param>
    /// <param name="remote">Where it came from.</param>
    internal void AddSlot(int slot, int length, int segment, IPEndPoint remote)
    {
        int start = 0;
        do
        {
            int next = Math.Min(segment, length - start);
            // What is too long is lost, as a cut one would be.
            if (next <= LongestDatagram)
                AddAt(slot, start, next, remote, isWhole: false);
            start += next;
        }
        while (start < length);
    }

    private ref readonly Datagram Find(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return ref _datagrams[index];
    }

    private void MakeRoom()
    {
        if (_pieceLength - _used < LongestDatagram)
            (_piece, _used) = (_piece + 1, 0);
        Piece(_piece);
    }

    private byte[] Piece(int number)
    {
        while (_pieces.Count <= number)
            _pieces.Add(_pieceLength == DatagramMemory.Length ? DatagramMemory.Rent() : DatagramMemory.Make(_pieceLength));
        return _pieces[number];
    }

    private void Add(int length, IPEndPoint remote, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)LongestDatagram, nameof(length));
        if (IsFull)
            throw new InvalidOperationException("The batch is full.");
        MakeRoom();
        AddAt(_piece, _used, length, remote, isWhole);
        _used += length;
    }

    private void AddAt(int piece, int start, int length, IPEndPoint remote, bool isWhole)
    {
        if (Count == _datagrams.Length)
            Array.Resize(ref _datagrams, 2 * Count);
        _datagrams[Count++] = new Datagram(piece, start, length, remote, isWhole);
    }

    private readonly record struct Datagram(int Piece, int Start, int Length, IPEndPoint Remote, bool IsWhole);
}
