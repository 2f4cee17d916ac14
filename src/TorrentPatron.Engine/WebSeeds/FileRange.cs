namespace TorrentPatron.Engine.WebSeeds;

/// <summary>A part of a file, or zeros for padding or a gap, which are not downloaded.</summary>
/// <param name="File">Index of the file; below 0 for zeros.</param>
/// <param name="Offset">Its offset in the file.</param>
/// <param name="Length">Its length in bytes, 1 or more.</param>
internal readonly record struct FileRange(int File, long Offset, long Length)
{
    /// <summary>Whether it consists of zeros.</summary>
    public bool IsZeros => File < 0;
}
