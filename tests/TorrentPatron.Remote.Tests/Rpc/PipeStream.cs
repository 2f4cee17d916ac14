using System.IO.Pipelines;

namespace TorrentPatron.Remote.Tests.Rpc;

/// <summary>Two connected in-memory streams: a write blocks while the other end has too many unread bytes.</summary>
internal sealed class PipeStream : Stream
{
    private readonly Stream _reader;
    private readonly Stream _writer;

    private PipeStream(Pipe from, Pipe to) => (_reader, _writer) = (from.Reader.AsStream(), to.Writer.AsStream());

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

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

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
