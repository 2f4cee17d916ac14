using System.Net;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The datagrams that wait to leave by one socket. Those that come while others are being sent, or while it gathers, leave together.
/// Memory grows with what waits, and is given back when nothing does. Thread-safe.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="onSent">Takes the bytes that were sent.</param>
/// <param name="onRoom">Called, on a thread of the pool, when there is room again for those that were refused.</param>
internal sealed class DatagramOutbox(IDatagramSocket socket, Action<int> onSent, Action? onRoom = null)
{
    /// <summary>Bytes of the longest datagram; no common link carries a longer one whole.</summary>
    public const int LongestDatagram = 1_500;

    /// <summary>Datagrams that wait at most; further ones are lost, as on a link that is full.</summary>
    public const int Most = 512;

    /// <summary>Room that is left to those who do not wait for any.</summary>
    public const int Reserve = 64;

    /// <summary>Datagrams that gather at most before they leave: enough for the cost of a call to be small, few enough for the processor's cache.</summary>
    public const int MostGathered = 128;

    private readonly Lock _gate = new();
    private DatagramBatch _filling = new(Most, LongestDatagram);
    private DatagramBatch _spare = new(Most, LongestDatagram);
    private int _gatherers;
    private bool _isSending;
    private bool _isAwaited;

    /// <summary>Bytes of the memory that it holds.</summary>
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
    /// <param name="remote">Where it goes to.</param>
    /// <param name="canWait">Whether the sender leaves <see cref="Reserve"/> to others, and wants to hear when there is room again.</param>
    /// <param name="isWhole">Whether it must arrive whole or not at all.</param>
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

    /// <summary>Whether there is room for those who can wait; where there is none they hear when there is.</summary>
    public bool HasRoom()
    {
        lock (_gate)
            return LockedHasRoom();
    }

    /// <summary>From now on datagrams wait until <see cref="Release"/>, or until there are <see cref="MostGathered"/>.</summary>
    public void Gather()
    {
        lock (_gate)
            _gatherers++;
    }

    /// <summary>Ends a <see cref="Gather"/>: what has gathered leaves.</summary>
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
#pragma warning disable CA1031 // The root of work on the pool: it costs one call.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "UDP port", e);
        }
    }
}
