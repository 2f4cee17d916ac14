using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // Options of a socket of SocketNetwork.

/// <summary>
/// The Linux system calls for batches of datagrams (sendmmsg, recvmmsg), with runs of datagrams sent as one message that the
/// system or the network card splits (UDP_SEGMENT), and received as one message that it has coalesced (UDP_GRO). Never blocks.
/// </summary>
/// <remarks>The headers that the kernel reads and writes are allocated once, in pinned memory.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class LinuxDatagrams
{
    /// <summary>The most messages per call.</summary>
    public const int MostMessages = 32;

    /// <summary>The length of the longest socket address, IPv6, bytes.</summary>
    private const int LongestName = 28;

    /// <summary>The most datagrams, and the most bytes, in one message that the system splits.</summary>
    private const int MostSegments = 64, MostBytes = 65_000;

    private const int DontWait = 0x40, NoSignal = 0x4000, IsTruncated = 0x20;
    private const int Interrupted = 4, InputOutput = 5, TryAgain = 11, Invalid = 22, TooLong = 90;
    private const int UdpLevel = 17, UdpSegment = 103, UdpGro = 104;

    private static readonly nint _valueOffset = Marshal.OffsetOf<Control>(nameof(Control.Value));
    private static readonly nint _controlLength = Marshal.SizeOf<Control>();

    private readonly DatagramBatch _batch;
    private readonly Message[] _messages = GC.AllocateArray<Message>(MostMessages, pinned: true);
    private readonly Part[] _parts = GC.AllocateArray<Part>(MostMessages, pinned: true);
    private readonly Control[] _controls = GC.AllocateArray<Control>(MostMessages, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(MostMessages * LongestName, pinned: true);
    private readonly int[] _counts = new int[MostMessages];

    /// <summary>Creates the headers of a batch.</summary>
    public LinuxDatagrams(DatagramBatch batch)
    {
        _batch = batch;
        for (int i = 0; i < MostMessages; i++)
        {
            _messages[i].Header = new Header
            {
                Name = Marshal.UnsafeAddrOfPinnedArrayElement(_names, i * LongestName),
                Parts = Marshal.UnsafeAddrOfPinnedArrayElement(_parts, i),
                PartCount = 1,
            };
        }
    }

    /// <summary>Whether the system can split runs of datagrams.</summary>
    public static bool CanSegment(Socket socket)
    {
        try
        {
            Span<byte> size = stackalloc byte[sizeof(int)];
            return socket.GetRawSocketOption(UdpLevel, UdpSegment, size) == sizeof(int);
        }
        catch (SocketException)
        {
            // The kernel is older than 4.18.
            return false;
        }
    }

    /// <summary>Asks the system to coalesce consecutive datagrams.</summary>
    public static void Join(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(UdpLevel, UdpGro, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            // The kernel is older than 5.0.
        }
    }

    /// <summary>Receives pending datagrams into the batch, which must be empty.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="slots">
    /// The most messages to receive, up to <see cref="MostMessages"/>; each may contain many datagrams.
    /// </param>
    /// <param name="addresses">Provides the end points.</param>
    /// <param name="from">A buffer for addresses, of the socket's family.</param>
    /// <returns>The number of messages received; 0 if none is pending.</returns>
    /// <exception cref="IOException">The receive failed.</exception>
    public int Receive(SafeSocketHandle socket, int slots, DatagramAddresses addresses, SocketAddress from)
    {
        slots = Math.Min(slots, MostMessages);
        for (int i = 0; i < slots; i++)
        {
            byte[] slot = _batch.Slot(i);
            _parts[i] = new Part { Address = Marshal.UnsafeAddrOfPinnedArrayElement(slot, 0), Length = slot.Length };
            ref Header header = ref _messages[i].Header;
            header.NameLength = LongestName;
            header.Control = Marshal.UnsafeAddrOfPinnedArrayElement(_controls, i);
            header.ControlLength = _controlLength;
            header.Flags = 0;
        }

        int count = Call(socket, 0, slots, isSending: false, out int error);
        if (count == 0 && error is not (TryAgain or Interrupted))
            throw new IOException($"Receiving datagrams failed with error {error}.", new SocketException(error));
        for (int i = 0; i < count; i++)
        {
            ref readonly Header header = ref _messages[i].Header;
            if ((header.Flags & IsTruncated) != 0)
                continue;
            int length = (int)_messages[i].Length;
            from.Size = (int)header.NameLength;
            _names.AsSpan(i * LongestName, from.Size).CopyTo(from.Buffer.Span);
            _batch.AddSlot(i, length, Segment(in header, in _controls[i], length), addresses.Of(from));
        }

        return count;
    }

    /// <summary>Sends datagrams of the batch.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="first">
    /// The index of the first datagram to send; those before it are done. It must not be one whose fragmentation is forbidden.
    /// </param>
    /// <param name="addresses">Provides the socket addresses.</param>
    /// <param name="canSegment">Whether the system can split runs; set to false when it turns out that it cannot.</param>
    /// <param name="bytes">The bytes sent.</param>
    /// <returns>The number of datagrams done; 0 if the first one can be sent only later, or not at all.</returns>
    public int Send(SafeSocketHandle socket, int first, DatagramAddresses addresses, ref bool canSegment, out int bytes)
    {
        int done = Send(socket, first, _batch.Count, addresses, canSegment, out bytes, out int error);
        if (done > 0 || !canSegment || error is TryAgain or Interrupted)
            return done;
        int run = _batch.Run(first, MostSegments, MostBytes, out _);
        if (run == 1)
            return 0;
        if (error == InputOutput)
        {
            // Some interfaces cannot split, and the next datagram may use any of them.
            canSegment = false;
        }
        else if (error is not (Invalid or TooLong))
        {
            // No route: the rest of the run would fail too.
            return run;
        }

        // Perhaps longer than the path's MTU: such datagrams can be sent in fragments, but not split from a run.
        return Send(socket, first, first + run, addresses, canSegment: false, out bytes, out _);
    }

    private int Send(SafeSocketHandle socket, int first, int end, DatagramAddresses addresses, bool canSegment, out int bytes, out int error)
    {
        int messages = 0;
        for (int next = first; next < end && messages < MostMessages && !_batch.IsWhole(next); messages++)
        {
            int length = _batch[next].Length;
            int count = canSegment ? _batch.Run(next, Math.Min(MostSegments, end - next), MostBytes, out int all) : _batch.Run(next, 1, MostBytes, out all);
            SocketAddress name = addresses.Of(_batch.Remote(next));
            name.Buffer.Span[..name.Size].CopyTo(_names.AsSpan(messages * LongestName, LongestName));
            _parts[messages] = new Part { Address = _batch.Address(next), Length = all };
            ref Header header = ref _messages[messages].Header;
            header.NameLength = (uint)name.Size;
            (header.Control, header.ControlLength, header.Flags) = (0, 0, 0);
            if (count > 1)
            {
                _controls[messages] = new Control
                {
                    // CMSG_LEN(2): the padding after the value does not count.
                    Length = _valueOffset + sizeof(ushort),
                    Level = UdpLevel,
                    Type = UdpSegment,
                    Value = BitConverter.IsLittleEndian ? length : length << 16,
                };
                header.Control = Marshal.UnsafeAddrOfPinnedArrayElement(_controls, messages);
                header.ControlLength = _controlLength;
            }

            _counts[messages] = count;
            next += count;
        }

        int sent = Call(socket, 0, messages, isSending: true, out error);
        int done = bytes = 0;
        for (int i = 0; i < sent; i++)
        {
            bytes += (int)_parts[i].Length;
            done += _counts[i];
        }

        return done;
    }

    /// <summary>The length of each datagram in a message, as reported by the system.</summary>
    private static int Segment(ref readonly Header header, ref readonly Control control, int length) =>
        header.ControlLength >= _valueOffset + sizeof(int) && control.Level == UdpLevel && control.Type == UdpGro && control.Value > 0
            ? control.Value
            : length;

    private int Call(SafeSocketHandle socket, int first, int count, bool isSending, out int error)
    {
        error = TryAgain;
        if (count == 0)
            return 0;
        nint messages = Marshal.UnsafeAddrOfPinnedArrayElement(_messages, first);
        // A signal may interrupt the call; a second one so soon counts as "would block".
        for (int attempt = 0; attempt < 2; attempt++)
        {
            int done = isSending ? SendMany(socket, messages, (uint)count, DontWait | NoSignal) : ReceiveMany(socket, messages, (uint)count, DontWait, 0);
            if (done >= 0)
                return done;
            error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                break;
        }

        return 0;
    }

    [DllImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReceiveMany(SafeSocketHandle socket, nint messages, uint count, int flags, nint timeout);

    [DllImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendMany(SafeSocketHandle socket, nint messages, uint count, int flags);

    /// <summary>struct mmsghdr</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public Header Header;
        public uint Length;
    }

    /// <summary>struct msghdr, as the kernel reads it</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public nint Name;
        public uint NameLength;
        public nint Parts;
        public nint PartCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }

    /// <summary>struct iovec</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public nint Address;
        public nint Length;
    }

    /// <summary>struct cmsghdr with its value: 2 bytes for sending, 4 for receiving.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        public nint Length;
        public int Level;
        public int Type;
        public int Value;
        private readonly int _padding;
    }
}
