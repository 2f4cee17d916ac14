using System.Diagnostics;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.CrashTest;

/// <summary>The promises of a service to its clients, which must hold after every kill.</summary>
internal sealed class ServicePromises
{
    /// <summary>Torrents whose start was answered, and whose removal or stop was not requested.</summary>
    public HashSet<TorrentId> Started { get; } = [];

    /// <summary>Torrents whose stop was answered.</summary>
    public HashSet<TorrentId> Stopped { get; } = [];

    /// <summary>Number of clients' waits that a kill has ended.</summary>
    public int WaitsEnded { get; set; }
}

/// <summary><c>patron service</c> as a process that can be killed, with two clients: one starts and stops torrents, the other waits.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const string Tag = "kept";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _socket;
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Starts it.</summary>
    /// <param name="socket">Path of its socket.</param>
    /// <param name="state">Its state folder.</param>
    public ServiceProcess(string socket, string state)
    {
        _socket = socket;
        _process = PatronProcess.Start(
            "service", "--socket", socket, "--state", state, "--no-dht", "--no-local-discovery", "--no-port-mapping", "--quiet");
    }

    /// <summary>Time since it was started.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    /// <summary>Lets clients use it, and kills it after some time, unless the download completes first: it then ends by itself.</summary>
    /// <param name="after">When to kill it.</param>
    /// <param name="download">The download.</param>
    /// <param name="rests">Small idle torrents.</param>
    /// <param name="promises">The service's promises so far.</param>
    /// <returns>Whether the download completed before the kill.</returns>
    /// <exception cref="CrashTestException">A promise does not hold.</exception>
    public async Task<bool> RunAsync(TimeSpan after, StartRequest download, IReadOnlyList<StartRequest> rests, ServicePromises promises)
    {
        using var ending = new CancellationTokenSource();
        Task<bool> waiting = WaitAsync(download.Metainfo!.TorrentId, promises, ending.Token);
        Task steering = SteerAsync(download, rests, promises, ending.Token);
        Task over = await Task.WhenAny(waiting, _process.WaitForExitAsync(CancellationToken.None), Task.Delay(after, CancellationToken.None)).ConfigureAwait(false);
        bool isComplete = over == waiting && await waiting.ConfigureAwait(false);
        if (_process.HasExited)
            throw new CrashTestException($"The service ended with {_process.ExitCode}: {await _process.StandardError.ReadToEndAsync(CancellationToken.None).ConfigureAwait(false)}");
        if (isComplete)
            await steering.WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
        if (isComplete)
            Process.Start("kill", ["-TERM", $"{_process.Id}"]).Dispose();
        else
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
        if (isComplete && _process.ExitCode != 0)
            throw new CrashTestException($"The service ended with {_process.ExitCode}.");

        // Clients that have not connected yet would try for a while.
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(waiting, steering).WaitAsync(Patience, CancellationToken.None).ConfigureAwait(false);
        return isComplete;
    }

    public void Dispose() => _process.Dispose();

    /// <summary>The first client: checks the promises, starts torrents that are not running, and stops an idle one.</summary>
    private async Task SteerAsync(StartRequest download, IReadOnlyList<StartRequest> rests, ServicePromises promises, CancellationToken cancellationToken)
    {
        try
        {
            ITorrentService service = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (service.ConfigureAwait(false))
            {
                Patron patron = service.CreatePatron("steers");
                Check(patron, download, promises);
                await StartAsync(patron, download, promises).ConfigureAwait(false);
                await patron.AddSourcesAsync(download.Metainfo!.TorrentId, download.Peers, [], cancellationToken: CancellationToken.None).ConfigureAwait(false);
                foreach (StartRequest rest in rests.Where(rest => !promises.Started.Contains(rest.Metainfo!.TorrentId) && !promises.Stopped.Contains(rest.Metainfo!.TorrentId)))
                    await StartAsync(patron, rest with { Suspended = true, Options = new TorrentOptions { Tags = [Tag] } }, promises).ConfigureAwait(false);
                TorrentId[] resting = [.. promises.Started.Where(torrent => torrent != download.Metainfo!.TorrentId)];
                if (resting.Length > rests.Count / 2)
                {
                    promises.Started.Remove(resting[0]);
                    if (await patron.CloseAsync(resting[0], CancellationToken.None).ConfigureAwait(false) is TorrentClosed)
                        promises.Stopped.Add(resting[0]);
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or TorrentException { Error.Id: TorrentErrorId.ServiceUnavailable })
        {
            // It was killed.
        }
    }

    private static async Task StartAsync(Patron patron, StartRequest request, ServicePromises promises)
    {
        TorrentAnswer answer = await patron.StartAsync(request, CancellationToken.None).ConfigureAwait(false);
        if (answer is NewTorrentCreated or TorrentAlreadyDownloading)
            promises.Started.Add(answer.TorrentId);
        else if (answer is TorrentStartFail { Error.Id: not (TorrentErrorId.ServiceUnavailable or TorrentErrorId.PatronStopped) } fail)
            throw new CrashTestException($"A torrent does not start: {fail.Error}");
    }

    private static void Check(Patron patron, StartRequest download, ServicePromises promises)
    {
        Dictionary<TorrentId, TorrentStatus> running = patron.Statuses.ToDictionary(
            status => TorrentId.TryParse(status.InfoHash, out TorrentId torrent) ? torrent : default);
        foreach (TorrentId torrent in promises.Started)
        {
            if (!running.TryGetValue(torrent, out TorrentStatus? status))
                throw new CrashTestException($"The torrent {torrent} was started, and has not been taken up.");
            if (torrent == download.Metainfo!.TorrentId ? status.State is TorrentState.Suspended or TorrentState.Failed
                : status.State != TorrentState.Suspended || status.Tags is not [Tag])
                throw new CrashTestException($"The torrent {torrent} is not as it was: {status.State}, {string.Join(',', status.Tags)}, {status.Error}.");
        }

        if (promises.Stopped.FirstOrDefault(running.ContainsKey) is var stopped && stopped != default)
            throw new CrashTestException($"The torrent {stopped} was stopped, and has been taken up.");
    }

    /// <summary>The other client waits for the download.</summary>
    /// <returns>Whether it became complete.</returns>
    private async Task<bool> WaitAsync(TorrentId torrent, ServicePromises promises, CancellationToken cancellationToken)
    {
        bool isWaiting = false;
        try
        {
            ITorrentService service = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            await using (service.ConfigureAwait(false))
            {
                Patron patron = service.CreatePatron("waits");
                while (patron.GetStatus(torrent) is null)
                {
                    if (service.Fault is { } gone)
                        throw new TorrentException(gone);
                    await Task.Delay(5, cancellationToken).ConfigureAwait(false);
                }

                isWaiting = true;
                // Without cancellation: the kill ends it, or it hangs.
                TorrentStatus? status = await patron.WaitAsync(torrent, status => status.IsComplete, CancellationToken.None).ConfigureAwait(false);
                return status is { IsComplete: true };
            }
        }
        catch (TorrentException fault) when (fault.Error.Id == TorrentErrorId.ServiceUnavailable)
        {
            promises.WaitsEnded += isWaiting ? 1 : 0;
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<ITorrentService> ConnectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ServiceConnection.ConnectAsync(_socket, cancellationToken).ConfigureAwait(false);
            }
            catch (TorrentException fault) when (fault.Error.Id == TorrentErrorId.ServiceUnavailable)
            {
                await Task.Delay(20, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
