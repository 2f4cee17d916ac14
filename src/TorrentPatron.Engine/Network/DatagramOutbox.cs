using System.Net;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The datagrams that wait to leave by one socket. Those that come while others are being sent, or while it gathers, leave together.
/// Thread-safe.
/// </summary>
/// <param name="socket">The socket.</param>
/// <param name="onSent">Takes the bytes that were sent.</param>
internal sealed class DatagramOutbox(IDatagramSocket socket, Action<int> onSent)
{
    /// <summary>Bytes of the longest datagram; no common link carries a longer one whole.</summary>
    public const int LongestDatagram = 1_500;

    /// <summary>Datagrams that wait at most; further ones are lost, as on a link that is full.</summary>
    private const int Most = 32;

    private readonly Lock _gate = new();
    private DatagramBatch _filling = new(Most, LongestDatagram);
    private DatagramBatch _spare = new(Most, LongestDatagram);
    private int _gatherers;
    private bool _isSending;

    /// <summary>Sends a datagram without waiting; delivery is not guaranteed.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool TrySend(ReadOnlySpan<byte> datagram, IPEndPoint remote)
    {
        lock (_gate)
        {
            if (!_filling.TryAdd(datagram, remote))
                return false;
            if (_isSending || (_gatherers > 0 && !_filling.IsFull))
                return true;
            _isSending = true;
        }

        _ = SendAsync();
        return true;
    }

    /// <summary>From now on datagrams wait until <see cref="Release"/>, or until there is no room for more.</summary>
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

    private async Task SendAsync()
    {
        for (int count = 1; ; count++)
        {
            DatagramBatch batch;
            lock (_gate)
            {
                if (_filling.Count == 0)
                {
                    _isSending = false;
                    return;
                }

                batch = _filling;
                (_filling, _spare) = (_spare, _filling);
            }

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
}
