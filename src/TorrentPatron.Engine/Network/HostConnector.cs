using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Connects to hosts with several addresses (RFC 8305): IPv6 and IPv4 alternate, the next address is tried in parallel if one has
/// not answered within 250 ms, and the first answer cancels the other attempts. An address that did not answer is tried last for
/// the next ten minutes. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class HostConnector(TimeProvider time)
{
    /// <summary>The head start of an attempt before the next address is tried in parallel.</summary>
    public static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>How long an address that did not answer is tried last.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>The most addresses tried for one host.</summary>
    public const int MostAddresses = 8;

    /// <summary>An attempt cancelled after this long counts as unanswered.</summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(5);

    private const int MostRemembered = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, long> _silentSince = [];

    /// <summary>Sorts addresses in the order in which they are tried.</summary>
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

    /// <summary>Whether an address has recently failed to answer.</summary>
    public bool IsSilent(IPAddress address)
    {
        lock (_gate)
            return _silentSince.TryGetValue(address, out long since) && time.GetElapsedTime(since) < Memory;
    }

    /// <summary>Records that an address has not answered.</summary>
    public void NoteSilence(IPAddress address)
    {
        lock (_gate)
        {
            if (_silentSince.Count >= MostRemembered)
                _silentSince.Clear();
            _silentSince[address] = time.GetTimestamp();
        }
    }

    /// <summary>Connects to the first address that answers.</summary>
    /// <typeparam name="T">The connection type; late connections are disposed if possible.</typeparam>
    /// <param name="addresses">The host's addresses, best first; at least one.</param>
    /// <param name="connect">Connects to one address.</param>
    /// <param name="cancellationToken">Cancels all attempts.</param>
    /// <returns>The connection; the parallel attempts have been cancelled.</returns>
    /// <exception cref="Exception">No address answers: the exception of the last attempt to fail.</exception>
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
                    // The addresses before it had a head start.
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
