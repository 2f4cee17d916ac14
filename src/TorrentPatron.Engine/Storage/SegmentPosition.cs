namespace TorrentPatron.Engine.Storage;

/// <summary>Splits a list of buffers at file boundaries.</summary>
/// <param name="segments">The buffers.</param>
internal struct SegmentPosition(IReadOnlyList<ReadOnlyMemory<byte>> segments)
{
    private int _index;
    private int _offset;

    /// <summary>Whether nothing has been taken.</summary>
    public readonly bool IsAtStart => _index == 0 && _offset == 0;

    /// <summary>Takes the next bytes.</summary>
    /// <param name="count">Number of bytes, at most as many as are left.</param>
    public List<ReadOnlyMemory<byte>> Take(long count)
    {
        var taken = new List<ReadOnlyMemory<byte>>();
        while (count > 0)
        {
            ReadOnlyMemory<byte> segment = segments[_index][_offset..];
            if (segment.Length > count)
            {
                taken.Add(segment[..(int)count]);
                _offset += (int)count;
                return taken;
            }

            taken.Add(segment);
            count -= segment.Length;
            _index++;
            _offset = 0;
        }

        return taken;
    }
}
