using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Hashes what is on disk of one torrent, or takes over what is elsewhere, one at a time, and takes what it finds into the torrent's pieces.
/// Commands come one at a time, as the host's do.
/// </summary>
internal sealed class TorrentCheck(TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, TorrentLedger ledger)
    : IDisposable
{
    private readonly InterruptibleWork<Bitfield> _work = new();

    /// <summary>Begins a check; nothing else changes pieces meanwhile.</summary>
    /// <param name="toCheck">The pieces to hash, noted in the ledger already.</param>
    /// <param name="whenOver">
    /// What comes next; it is given the reason where a file cannot be read. Not called where the check is ended: whoever ends it says
    /// what comes next.
    /// </param>
    /// <param name="isUrgent">Whether it waits for no other torrent's check.</param>
    /// <returns>The good pieces among them, when what comes next is done; null where it was ended, or a file cannot be read.</returns>
    public Task<Bitfield?> Begin(Bitfield toCheck, Func<TorrentError?, Task> whenOver, bool isUrgent) =>
        _work.Begin(cancellation => RunAsync(
            token => isUrgent ? HashAsync(toCheck, token) : InTurnAsync(turn => HashAsync(toCheck, turn), token), ledger.EndCheck, whenOver, cancellation));

    /// <summary>Begins to take over pieces that are elsewhere on this machine; nothing else changes pieces meanwhile.</summary>
    /// <param name="takeOver">Does it, and tells the good ones. It waits for the checks of other torrents.</param>
    /// <param name="whenOver">As in <see cref="Begin"/>.</param>
    public Task BeginReuse(Func<CancellationToken, Task<Bitfield>> takeOver, Func<TorrentError?, Task> whenOver) =>
        _work.Begin(cancellation => RunAsync(token => InTurnAsync(takeOver, token), ledger.EndReuse, whenOver, cancellation));

    /// <summary>Ends the check under way, where there is one; what it had to look at stays to be checked.</summary>
    public Task CancelAsync() => _work.CancelAsync();

    /// <inheritdoc/>
    public void Dispose() => _work.Dispose();

    private async Task<Bitfield?> RunAsync(
        Func<CancellationToken, Task<Bitfield>> find, Action end, Func<TorrentError?, Task> whenOver, CancellationToken cancellationToken)
    {
        Bitfield? good = null;
        TorrentError? error = null;
        try
        {
            good = await find(cancellationToken).ConfigureAwait(false);
            Bitfield verified = ledger.Work.Verified();
            foreach (int piece in good.Ones)
                verified.Set(piece);

            ledger.Work.Reset(verified);
            end();
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (StorageException e)
        {
            error = e.Error;
            EngineEvents.Log.DiskError(metainfo.TorrentId, error);
        }
#pragma warning disable CA1031 // The root of a check: whatever it is ends this torrent and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            (good, error) = (null, Record(e));
        }

        try
        {
            await whenOver(error).ConfigureAwait(false);
        }
        catch (Exception e) when (error is null)
        {
            await whenOver(Record(e)).ConfigureAwait(false);
        }

        return good;
    }

    private TorrentError Record(Exception fault)
    {
        EngineEvents.Log.FaultCaught(metainfo.TorrentId, "check", fault);
        return FaultHandler.ToError(fault);
    }

    private Task<Bitfield> HashAsync(Bitfield toCheck, CancellationToken cancellationToken) =>
        new PieceChecker(storage, PieceVerifier.For(metainfo), engine.DiskWorkers).CheckAsync(toCheck, (_, _) => ledger.PieceChecked(), cancellationToken);

    private async Task<Bitfield> InTurnAsync(Func<CancellationToken, Task<Bitfield>> find, CancellationToken cancellationToken)
    {
        await engine.Checks.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await find(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            engine.Checks.Release();
        }
    }
}
