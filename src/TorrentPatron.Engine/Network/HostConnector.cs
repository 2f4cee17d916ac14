using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Connects to hosts that have several addresses (RFC 8305): IPv6 and IPv4 take turns, the next address is tried beside one that has
/// not answered within 250 ms, the first answer wins and ends the other attempts. An address that did not answer is tried last for the
/// next ten minutes. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class HostConnector(TimeProvider time)
{
    /// <summary>Time that an attempt has before the next address is tried beside it.</summary>
    public static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>Time for which an address that did not answer is tried last.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>Addresses of one host that are tried at most.</summary>
    public const int MostAddresses = 8;

    /// <summary>An attempt that is ended by somebody else after so long counts as one that was not answered.</summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(5);

    private const int MostRemembered = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, long> _silentSince = [];

    /// <summary>The addresses in the order in which they are tried.</summary>
    /// <param name="addresses">The addresses, the best first.</param>
    public IReadOnlyList<IPAddress> Order(IReadOnlyList<IPAddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        AddressFamily first = addresses.Count == 0 ? default : addresses[0].AddressFamily;
        IPAddress[] ofFirst = [.. addresses.Where(address => address.AddressFamily == first).Distinct()];
        IPAddress[] others = [.. addresses.Where(address => address.AddressFamily != first).Distinct()];
        var ordered = new List<IPAddress>(ofFirst.Length + others.Length);
        for (int i = 0; i < Math.Max(ofFirst.Length, others.Length); i++)
        {
            if (i < ofFirst.Length)
                ordered.Add(ofFirst[i]);
            if (i < others.Length)
                ordered.Add(others[i]);
        }

        return Array.AsReadOnly([.. ordered.OrderBy(IsSilent).Take(MostAddresses)]);
    }

    /// <summary>Whether an address has not answered lately.</summary>
    public bool IsSilent(IPAddress address)
    {
        lock (_gate)
            return _silentSince.TryGetValue(address, out long since) && time.GetElapsedTime(since) < Memory;
    }

    /// <summary>Notes that an address has not answered.</summary>
    public void NoteSilence(IPAddress address)
    {
        lock (_gate)
        {
            if (_silentSince.Count >= MostRemembered)
                _silentSince.Clear();
            _silentSince[address] = time.GetTimestamp();
        }
    }

    /// <summary>Connects to the address that answers first.</summary>
    /// <typeparam name="T">A connection; one that comes too late is disposed where it can be.</typeparam>
    /// <param name="addresses">The host's addresses, the best first; at least one.</param>
    /// <param name="connect">Connects to one of them.</param>
    /// <param name="cancellationToken">Ends all attempts.</param>
    /// <returns>The connection. What was begun beside it has been cancelled.</returns>
    /// <exception cref="Exception">That of the last attempt to fail: no address answers.</exception>
    public async Task<T> ConnectAsync<T>(
        IReadOnlyList<IPAddress> addresses, Func<IPAddress, CancellationToken, Task<T>> connect, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connect);
        IReadOnlyList<IPAddress> ordered = Order(addresses);
        if (ordered.Count == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        if (ordered.Count == 1)
            return await AttemptAsync(ordered[0], connect, cancellationToken).ConfigureAwait(false);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new List<(IPAddress Address, Task<T> Attempt)>();
        Task<T> ended = null!;
        try
        {
            for (int next = 0; next < ordered.Count || underWay.Count > 0;)
            {
                if (next < ordered.Count)
                    underWay.Add((ordered[next], AttemptAsync(ordered[next++], connect, ending.Token)));
                Task<Task<T>> any = Task.WhenAny(underWay.Select(attempt => attempt.Attempt));
                if (next < ordered.Count && !await EndsWithinStaggerAsync(any, ending.Token).ConfigureAwait(false))
                    continue;
                ended = await any.ConfigureAwait(false);
                int index = underWay.FindIndex(attempt => attempt.Attempt == ended);
                underWay.RemoveAt(index);
                if (ended.IsCompletedSuccessfully)
                {
                    // Those before it had a head start.
                    foreach ((IPAddress address, _) in underWay.Take(index))
                        NoteSilence(address);
                    break;
                }

                cancellationToken.ThrowIfCancellationRequested();
            }

            return await ended.ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach ((_, Task<T> late) in underWay)
                _ = DropAsync(late);
        }
    }

    private static async Task DropAsync<T>(Task<T> late)
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully)
            (await late.ConfigureAwait(false) as IDisposable)?.Dispose();
    }

    private async Task<bool> EndsWithinStaggerAsync(Task attempt, CancellationToken cancellationToken)
    {
        try
        {
            await attempt.WaitAsync(Stagger, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<T> AttemptAsync<T>(IPAddress address, Func<IPAddress, CancellationToken, Task<T>> connect, CancellationToken cancellationToken)
    {
        long begun = time.GetTimestamp();
        try
        {
            T connection = await connect(address, cancellationToken).ConfigureAwait(false);
            lock (_gate)
                _silentSince.Remove(address);
            return connection;
        }
        catch (Exception fault) when (IsSilence(fault, begun, cancellationToken))
        {
            NoteSilence(address);
            throw;
        }
    }

    private bool IsSilence(Exception fault, long begun, CancellationToken cancellationToken) => fault switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => time.GetElapsedTime(begun) >= LongSilence,
        SocketException or IOException or TimeoutException => true,
        _ => false,
    };
}
