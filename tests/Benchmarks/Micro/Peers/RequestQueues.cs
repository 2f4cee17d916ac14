using BenchmarkDotNet.Attributes;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Benchmarks.Micro.Peers;

/// <summary>One request of 480 that are outstanding: noted, and found when its answer comes.</summary>
public class RequestQueues
{
    private const int Outstanding = 480;
    private const int Batch = 48;

    private readonly RequestQueue _queue = new();
    private readonly RequestQueue _shuffledQueue = new();
    private readonly PendingBlock[] _blocks;
    private readonly PendingBlock[] _shuffled;

    public RequestQueues()
    {
        ActivePiece[] pieces = [.. Enumerable.Range(0, 8).Select(index => new ActivePiece(index, 1 << 20))];
        _blocks = [.. Enumerable.Range(0, Outstanding).Select(i => new PendingBlock(pieces[i / 64], i % 64))];
        _shuffled = [.. _blocks];
        // Answers that come a little out of order, as from a peer that reads several pieces at once.
        var random = new Random(1);
        for (int i = 0; i < Outstanding; i += 16)
            random.Shuffle(_shuffled.AsSpan(i, 16));
        _queue.Add(_blocks);
        _shuffledQueue.Add(_blocks);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Outstanding)]
    public int AnswerInOrder() => AnswerAll(_queue, _blocks);

    [Benchmark(OperationsPerInvoke = Outstanding)]
    public int AnswerSlightlyOutOfOrder() => AnswerAll(_shuffledQueue, _shuffled);

    /// <summary>Takes answers in batches, and asks for as many blocks again.</summary>
    private int AnswerAll(RequestQueue queue, PendingBlock[] answers)
    {
        for (int at = 0; at < Outstanding; at += Batch)
        {
            foreach (PendingBlock answer in answers.AsSpan(at, Batch))
                queue.TryTake(answer.Range, out _);
            queue.Add(_blocks.AsSpan(at, Batch));
        }

        return queue.Count;
    }
}
