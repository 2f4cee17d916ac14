using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Hashes a torrent's data on disk, or reuses data from elsewhere, one operation at a time, and records the pieces found. Called
/// one at a time, like the host.
/// </summary>
internal sealed class TorrentCheck(TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, TorrentLedger ledger)
    : IDisposable
{
    private readonly InterruptibleWork<Bitfield> _work = new();

    /// <summary>Starts a check; nothing else may change pieces meanwhile.</summary>
    /// <param name="toCheck">The pieces to hash, already recorded in the ledger.</param>
    /// <param name="whenOver">
    /// Called at the end, with the error if a file could not be read. Not called if the check is cancelled; the canceller
    /// continues instead.
    /// </param>
    /// <param name="isUrgent">Whether to run without waiting for other torrents' checks.</param>
    /// <returns>
    /// The good pieces among them, after <paramref name="whenOver"/> has completed; null if the check was cancelled or a file
    /// could not be read.
    /// </returns>
    public Task<Bitfield?> Begin(Bitfield toCheck, Func<TorrentError?, Task> whenOver, bool isUrgent) =>
        _work.Begin(cancellation => RunAsync(
            token => isUrgent ? HashAsync(toCheck, token) : InTurnAsync(turn => HashAsync(toCheck, turn), token), ledger.EndCheck, whenOver, cancellation));

    /// <summary>Starts reusing pieces from elsewhere on this machine; nothing else may change pieces meanwhile.</summary>
    /// <param name="takeOver">Performs the reuse and returns the good pieces. It waits for other torrents' checks.</param>
    /// <param name="whenOver">As in <see cref="Begin"/>.</param>
    public Task BeginReuse(Func<CancellationToken, Task<Bitfield>> takeOver, Func<TorrentError?, Task> whenOver) =>
        _work.Begin(cancellation => RunAsync(token => InTurnAsync(takeOver, token), ledger.EndReuse, whenOver, cancellation));

    /// <summary>Cancels the check in progress, if any; the remaining pieces stay unchecked.</summary>
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
#pragma warning disable CA1031 // The root of a check: any exception ends this torrent only.
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
