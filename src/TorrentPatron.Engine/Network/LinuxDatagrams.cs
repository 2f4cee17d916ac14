using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TorrentPatron.Engine.Network;

/// <summary>The calls of Linux that send and receive the datagrams of a batch at once (sendmmsg, recvmmsg). Never waits.</summary>
/// <remarks>The headers that the kernel reads and writes are made once: they point into the batch and into <see cref="_names"/>, neither of which moves.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class LinuxDatagrams
{
    /// <summary>Bytes of the longest socket address: that of IPv6.</summary>
    private const int LongestName = 28;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Interrupted = 4;

    private readonly DatagramBatch _batch;
    private readonly Message[] _messages;
    private readonly Part[] _parts;
    private readonly byte[] _names;

    /// <summary>Makes the headers of a batch.</summary>
    public LinuxDatagrams(DatagramBatch batch)
    {
        _batch = batch;
        _messages = GC.AllocateArray<Message>(batch.Capacity, pinned: true);
        _parts = GC.AllocateArray<Part>(batch.Capacity, pinned: true);
        _names = GC.AllocateArray<byte>(batch.Capacity * LongestName, pinned: true);
        for (int i = 0; i < batch.Capacity; i++)
        {
            _parts[i].Address = batch.Address(i);
            _messages[i].Header = new Header
            {
                Name = Marshal.UnsafeAddrOfPinnedArrayElement(_names, i * LongestName),
                Parts = Marshal.UnsafeAddrOfPinnedArrayElement(_parts, i),
                PartCount = 1,
            };
        }
    }

    /// <summary>Adds to the batch what waits at the socket, as far as there is room.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="addresses">Gives the end points.</param>
    /// <param name="from">Used to read addresses; of the socket's family.</param>
    public void Receive(SafeSocketHandle socket, DatagramAddresses addresses, SocketAddress from)
    {
        int first = _batch.Count;
        for (int i = first; i < _batch.Capacity; i++)
        {
            _parts[i].Length = _batch.LongestDatagram;
            _messages[i].Header.NameLength = LongestName;
        }

        int count = Call(socket, first, _batch.Capacity - first, isSending: false);
        for (int i = first; i < first + count; i++)
        {
            from.Size = (int)_messages[i].Header.NameLength;
            _names.AsSpan(i * LongestName, from.Size).CopyTo(from.Buffer.Span);
            _batch.Add((int)_messages[i].Length, addresses.Of(from));
        }
    }

    /// <summary>Sends datagrams of the batch.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="first">The number of the first one to send; those before it are done.</param>
    /// <param name="addresses">Gives the socket addresses.</param>
    /// <returns>How many were sent; 0: the first one can be sent only later, or not at all.</returns>
    public int Send(SafeSocketHandle socket, int first, DatagramAddresses addresses)
    {
        for (int i = first; i < _batch.Count; i++)
        {
            SocketAddress name = addresses.Of(_batch.Remote(i));
            name.Buffer.Span[..name.Size].CopyTo(_names.AsSpan(i * LongestName, LongestName));
            _parts[i].Length = _batch[i].Length;
            _messages[i].Header.NameLength = (uint)name.Size;
        }

        return Call(socket, first, _batch.Count - first, isSending: true);
    }

    private int Call(SafeSocketHandle socket, int first, int count, bool isSending)
    {
        if (count == 0)
            return 0;
        nint messages = Marshal.UnsafeAddrOfPinnedArrayElement(_messages, first);
        // A signal may come in between; a second one in as short a time counts as "not now".
        for (int attempt = 0; attempt < 2; attempt++)
        {
            int done = isSending ? SendMany(socket, messages, (uint)count, DontWait | NoSignal) : ReceiveMany(socket, messages, (uint)count, DontWait, 0);
            if (done >= 0)
                return done;
            if (Marshal.GetLastPInvokeError() != Interrupted)
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
}
