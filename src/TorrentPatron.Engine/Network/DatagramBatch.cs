using System.Net;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Datagrams that are sent or received together, in reused, pinned buffers. Not thread-safe: the batch belongs to the code that
/// fills it, and to the socket during a send or receive.
/// </summary>
public sealed class DatagramBatch
{
    private readonly int _pieceLength;
    private readonly List<byte[]> _pieces = [];
    private Datagram[] _datagrams;
    private int _piece;
    private int _used;
    private LinuxDatagrams? _linux;

    /// <summary>Creates an empty batch. Memory is allocated with the datagrams.</summary>
    /// <param name="capacity">
    /// The most datagrams it holds, 1 or more. Datagrams that the system has coalesced count as one when received.
    /// </param>
    /// <param name="longest">The length of the longest datagram, bytes, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is less than 1.</exception>
    public DatagramBatch(int capacity, int longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        Capacity = capacity;
        LongestDatagram = longest;
        _pieceLength = Math.Max(longest, DatagramMemory.Length);
        _datagrams = new Datagram[Math.Min(capacity, 32)];
    }

    /// <summary>The most datagrams it holds.</summary>
    public int Capacity { get; }

    /// <summary>The length of the longest datagram that fits, bytes.</summary>
    public int LongestDatagram { get; }

    /// <summary>The number of datagrams in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no further datagram fits.</summary>
    public bool IsFull => Count >= Capacity;

    /// <summary>A datagram; valid until the batch is cleared.</summary>
    /// <param name="index">Its index, 0 to <see cref="Count"/> - 1.</param>
    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            ref readonly Datagram datagram = ref Find(index);
            return _pieces[datagram.Piece].AsMemory(datagram.Start, datagram.Length);
        }
    }

    /// <summary>
    /// The buffer for the next datagram, which <see cref="Add(int, IPEndPoint)"/> then adds. Only while the batch is not full.
    /// </summary>
    public Memory<byte> Next
    {
        get
        {
            MakeRoom();
            return _pieces[_piece].AsMemory(_used, LongestDatagram);
        }
    }

    /// <summary>The bytes of memory that it holds.</summary>
    internal int Memory => _pieces.Count * _pieceLength;

    /// <summary>The batch in the form of Linux system calls; created on first use.</summary>
    [SupportedOSPlatform("linux")]
    internal LinuxDatagrams Linux => _linux ??= new LinuxDatagrams(this);

    /// <summary>The remote address of a datagram.</summary>
    /// <param name="index">Its index, 0 to <see cref="Count"/> - 1.</param>
    public IPEndPoint Remote(int index) => Find(index).Remote;

    /// <summary>Adds the datagram that was written to <see cref="Next"/>.</summary>
    /// <param name="length">Its length, 0 to <see cref="LongestDatagram"/> bytes.</param>
    /// <param name="remote">Its destination or source.</param>
    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Add(int length, IPEndPoint remote) => Add(length, remote, isWhole: false);

    /// <summary>Adds a copy of a datagram.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Its destination or source.</param>
    /// <returns>Whether it fits: the batch is not full, and the datagram is not too long.</returns>
    public bool TryAdd(ReadOnlySpan<byte> datagram, IPEndPoint remote) => TryAdd(datagram, remote, isWhole: false);

    /// <summary>Clears the batch.</summary>
    public void Clear()
    {
        // The end points are kept: most are reused, and there are few.
        (Count, _piece, _used) = (0, 0, 0);
    }

    /// <summary>Adds a copy of a datagram.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Its destination.</param>
    /// <param name="isWhole">Whether fragmentation is forbidden.</param>
    internal bool TryAdd(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool isWhole)
    {
        if (IsFull || datagram.Length > LongestDatagram)
            return false;
        datagram.CopyTo(Next.Span);
        Add(datagram.Length, remote, isWhole);
        return true;
    }

    /// <summary>Whether fragmentation of a datagram is forbidden.</summary>
    internal bool IsWhole(int index) => Find(index).IsWhole;

    /// <summary>Releases memory that is needed only under load. Only while the batch is empty.</summary>
    /// <param name="pieces">The number of memory pieces to keep.</param>
    internal void Trim(int pieces)
    {
        for (int last = _pieces.Count - 1; last >= pieces; last--)
        {
            if (_pieceLength == DatagramMemory.Length)
                DatagramMemory.Return(_pieces[last]);
            _pieces.RemoveAt(last);
        }
    }

    /// <summary>The memory address of a datagram's bytes.</summary>
    internal nint Address(int index)
    {
        ref readonly Datagram datagram = ref Find(index);
        return Marshal.UnsafeAddrOfPinnedArrayElement(_pieces[datagram.Piece], datagram.Start);
    }

    /// <summary>
    /// The number of consecutive datagrams, starting from one, with the same destination, adjacent memory and equal length,
    /// except that the last may be shorter.
    /// </summary>
    /// <param name="first">The index of the first one.</param>
    /// <param name="most">The most datagrams.</param>
    /// <param name="mostBytes">The most bytes in total.</param>
    /// <param name="bytes">The bytes in total.</param>
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

    /// <summary>
    /// Memory for one receive call, <see cref="DatagramMemory.Length"/> bytes or more. Only while the batch is empty.
    /// </summary>
    /// <param name="slot">Its index, from 0.</param>
    internal byte[] Slot(int slot) => Piece(slot);

    /// <summary>Adds the data received into a slot.</summary>
    /// <param name="slot">The slot's index; slots are added in order.</param>
    /// <param name="length">Bytes received.</param>
    /// <param name="segment">The length of each datagram that the system has coalesced; the last may be shorter.</param>
    /// <param name="remote">The source.</param>
    internal void AddSlot(int slot, int length, int segment, IPEndPoint remote)
    {
        int start = 0;
        do
        {
            int next = Math.Min(segment, length - start);
            // A datagram that is too long is lost, like a truncated one.
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
