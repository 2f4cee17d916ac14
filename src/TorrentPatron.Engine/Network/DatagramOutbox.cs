using System.Net;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The datagrams that wait to be sent through one socket. Those added during a send, or while gathering, are sent together.
/// Memory grows with the backlog, and is released when there is none. Thread-safe.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="onSent">Takes the number of bytes sent.</param>
/// <param name="onRoom">Called on the thread pool when there is room again after a refusal.</param>
internal sealed class DatagramOutbox(IDatagramSocket socket, Action<int> onSent, Action? onRoom = null)
{
    /// <summary>The length of the longest datagram, bytes; common links carry no longer packets.</summary>
    public const int LongestDatagram = 1_500;

    /// <summary>The most datagrams that wait; any more are lost, as on a congested link.</summary>
    public const int Most = 512;

    /// <summary>Room reserved for senders that cannot wait.</summary>
    public const int Reserve = 64;

    /// <summary>
    /// The most datagrams gathered before a send: enough to make the cost of a call small, few enough for the processor's cache.
    /// </summary>
    public const int MostGathered = 128;

    private readonly Lock _gate = new();
    private DatagramBatch _filling = new(Most, LongestDatagram);
    private DatagramBatch _spare = new(Most, LongestDatagram);
    private int _gatherers;
    private bool _isSending;
    private bool _isAwaited;

    /// <summary>The bytes of memory that it holds.</summary>
    public int Memory
    {
        get
        {
            lock (_gate)
                return _filling.Memory + _spare.Memory;
        }
    }

    /// <summary>Sends a datagram without waiting; delivery is not guaranteed.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="remote">Its destination.</param>
    /// <param name="canWait">
    /// Whether the sender leaves <see cref="Reserve"/> to others, and is to be notified when there is room again.
    /// </param>
    /// <param name="isWhole">Whether fragmentation is forbidden.</param>
    /// <returns>Whether there was room for it.</returns>
    public bool TrySend(ReadOnlySpan<byte> datagram, IPEndPoint remote, bool canWait = false, bool isWhole = false)
    {
        lock (_gate)
        {
            if (canWait && !LockedHasRoom())
                return false;
            if (!_filling.TryAdd(datagram, remote, isWhole))
                return false;
            if (_isSending || (_gatherers > 0 && _filling.Count < MostGathered))
                return true;
            _isSending = true;
        }

        _ = SendAsync();
        return true;
    }

    /// <summary>Whether there is room for senders that can wait; if not, they are notified when there is.</summary>
    public bool HasRoom()
    {
        lock (_gate)
            return LockedHasRoom();
    }

    /// <summary>Holds datagrams back until <see cref="Release"/>, or until there are <see cref="MostGathered"/>.</summary>
    public void Gather()
    {
        lock (_gate)
            _gatherers++;
    }

    /// <summary>Ends <see cref="Gather"/> and sends the gathered datagrams.</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_gatherers > 0 || _isSending || _filling.Count == 0)
                return;
            _isSending = true;
        }

        _ = SendAsync();
    }

    private bool LockedHasRoom()
    {
        bool hasRoom = _filling.Count < Most - Reserve;
        _isAwaited |= !hasRoom;
        return hasRoom;
    }

    private async Task SendAsync()
    {
        for (int count = 1; ; count++)
        {
            DatagramBatch batch;
            bool isAwaited;
            lock (_gate)
            {
                if (_filling.Count == 0)
                {
                    _filling.Trim(1);
                    _spare.Trim(1);
                    _isSending = false;
                    return;
                }

                batch = _filling;
                (_filling, _spare) = (_spare, _filling);
                (isAwaited, _isAwaited) = (_isAwaited, false);
            }

            if (isAwaited)
                ThreadPool.UnsafeQueueUserWorkItem(static outbox => outbox.TellOfRoom(), this, preferLocal: false);
            try
            {
                onSent(await socket.SendAsync(batch, CancellationToken.None).ConfigureAwait(false));
            }
            catch (IOException)
            {
                // The socket is disposed.
            }
#pragma warning disable CA1031 // Nobody awaits this.
            catch (Exception e)
#pragma warning restore CA1031
            {
                EngineEvents.Log.FaultCaught(null, "UDP port", e);
            }

            batch.Clear();
            if (count % Fairness.MostInARow == 0)
                await Task.Yield();
        }
    }

    private void TellOfRoom()
    {
        try
        {
            onRoom?.Invoke();
        }
#pragma warning disable CA1031 // The root of a thread pool work item: any exception affects one call only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "UDP port", e);
        }
    }
}
