using System.IO.Pipelines;

namespace TorrentPatron.Remote.Tests.Rpc;

/// <summary>Two connected in-memory streams: a write blocks while the other end has too many unread bytes.</summary>
internal sealed class PipeStream : DuplexStream
{
    private readonly Stream _reader;
    private readonly Stream _writer;

    private PipeStream(Pipe from, Pipe to) => (_reader, _writer) = (from.Reader.AsStream(), to.Writer.AsStream());

    public static (PipeStream One, PipeStream Other) Pair(int room = 64 * 1024)
    {
        Pipe Make() => new(new PipeOptions(pauseWriterThreshold: room, resumeWriterThreshold: room / 2, useSynchronizationContext: false));
        Pipe here = Make(), there = Make();
        return (new PipeStream(here, there), new PipeStream(there, here));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _writer.Dispose();
            _reader.Dispose();
        }

        base.Dispose(disposing);
    }
}
