using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Receives from a peer, as much at once as it sends, into slabs from which its blocks are hashed and written. Data is copied
/// only if a message does not fit in the rest of its slab.
/// </summary>
internal sealed class PeerReceiver(PeerConnection peer, SlabPool slabs, BackPressure backPressure)
{
    /// <summary>The free room below which a new slab is started; half of the smallest slab.</summary>
    private const int LeastRoom = 4 * 1024;

    /// <summary>Consecutive full receives after which a peer gets large slabs.</summary>
    private const int FullReceivesToGrow = 2;

    /// <summary>Receives after a full one until an idle peer gets the smallest slab again.</summary>
    private const int ReceivesUntilSmall = 16;

    private int _slabLength = SlabPool.LeastLength;
    private int _receivesUntilSmall;
    private int _fullReceives;
    private int _inARow;

    /// <summary>Receives until the connection ends. Never throws: a fault ends only this peer.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            string? fault;
            try
            {
                fault = await ReceiveAsync(slabs.Rent(SlabPool.IdleLength), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Whole blocks may have arrived before the connection broke.
                peer.HandOverBlocks();
            }

            peer.Close(fault ?? "It closed the connection.", fault is null ? ClosedBy.Peer : ClosedBy.Us);
        }
#pragma warning disable CA1031 // The root of a loop: any exception ends this peer only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            peer.Close(e, "receiving from a peer");
        }
    }

    /// <returns>The peer's error; null if it closed the connection.</returns>
    private async Task<string?> ReceiveAsync(Slab slab, CancellationToken cancellationToken)
    {
        int start = 0, end = 0, needed = 4;
        try
        {
            while (true)
            {
                await WaitAsync(backPressure.WaitAsync(cancellationToken)).ConfigureAwait(false);
                if (start == end && peer.IsIdle)
                {
                    // Hundreds of idle peers would each keep a buffer for the fastest one; but a talkative peer must not have to
                    // wait for us.
                    int length = _receivesUntilSmall > 0 ? _slabLength : SlabPool.IdleLength;
                    if (end > 0 || slab.Length != length)
                    {
                        slab.Release();
                        slab = slabs.Rent(length);
                        start = end = 0;
                    }
                }

                if (slab.Length - end < Math.Max(Math.Min(LeastRoom, slab.Length / 2), needed - (end - start)))
                {
                    slab = Continue(slab, start, end, needed);
                    (start, end) = (0, end - start);
                }

                int room = slab.Length - end;
                int most = peer.Limits.Download is { IsUnlimited: false } bounds ? Math.Min(room, bounds.Portion) : room;
                ValueTask<int> receiving = peer.ReceiveAsync(slab.Bytes.AsMemory(end, most));
                _inARow = receiving.IsCompleted ? _inARow + 1 : 0;
                int received = await receiving.ConfigureAwait(false);
                if (received == 0)
                    return null;
                peer.Received();
                _receivesUntilSmall = received == room ? ReceivesUntilSmall : Math.Max(0, _receivesUntilSmall - 1);
                Grow(received == room && slab.Length > SlabPool.IdleLength);
                end += received;

                string? fault = Take(slab, ref start, end, out needed);
                while (fault is null && peer.FutileWork.IsSpent)
                {
                    // Our answers are sent before the wait; if the peer stays silent then, that counts against it.
                    peer.EndBatch(0);
                    fault = await peer.WaitForAllowanceAsync(cancellationToken).ConfigureAwait(false)
                        ?? Take(slab, ref start, end, out needed);
                }

                if (fault is not null)
                    return fault;
                if (start == end && slab.Length == SlabPool.LargeLength && end > slab.Length - 2 * BlockRequest.BlockLength)
                {
                    slab.Release();
                    slab = slabs.Rent(_slabLength);
                    start = end = 0;
                }

                peer.EndBatch(received);
                if (peer.Limits.Download is { IsUnlimited: false } limits)
                    await WaitAsync(limits.AcquireAsync(received + peer.Overhead(received), cancellationToken).AsTask()).ConfigureAwait(false);
                await peer.RestAsync().ConfigureAwait(false);

                if (_inARow >= Fairness.MostInARow)
                {
                    _inARow = 0;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            slab.Release();
        }
    }

    /// <summary>Waits until we may receive again; the peer's silence meanwhile does not count against it.</summary>
    private async ValueTask WaitAsync(Task wait)
    {
        if (wait.IsCompletedSuccessfully)
            return;
        peer.Pause();
        await wait.ConfigureAwait(false);
        peer.Unpause();
    }

    /// <summary>Handles every complete message in the slab, as long as the peer's allowance for useless work lasts.</summary>
    private string? Take(Slab slab, ref int start, int end, out int needed)
    {
        needed = 4;
        while (!peer.FutileWork.IsSpent)
        {
            ReadOnlySpan<byte> buffer = slab.Bytes.AsSpan(start, end - start);
            ReadResult result = PeerMessage.TryRead(buffer, peer.MaxMessageLength, out PeerMessage message, out int size);
            needed = Math.Max(4, size);
            if (result == ReadResult.Incomplete)
                return null;
            if (result == ReadResult.Invalid)
                return "It violates the protocol.";
            if (peer.Handle(message, slab, start + PeerMessage.PieceHeaderLength) is { } fault)
                return fault;
            start += size;
        }

        return null;
    }

    /// <summary>Continues in a new slab, starting with the incomplete message.</summary>
    private Slab Continue(Slab slab, int start, int end, int needed)
    {
        Slab next = slabs.Rent(Math.Max(_slabLength, needed));
        slab.Bytes.AsSpan(start, end - start).CopyTo(next.Bytes);
        slab.Release();
        return next;
    }

    private void Grow(bool wasFull)
    {
        _fullReceives = wasFull ? _fullReceives + 1 : 0;
        if (wasFull && _slabLength < SlabPool.SmallLength)
            (_slabLength, _fullReceives) = (SlabPool.SmallLength, 0);
        if (_fullReceives >= FullReceivesToGrow)
            _slabLength = SlabPool.LargeLength;
    }
}
