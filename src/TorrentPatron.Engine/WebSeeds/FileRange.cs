namespace TorrentPatron.Engine.WebSeeds;

/// <summary>A part of a file; or zeros, of padding or a gap, which are not fetched.</summary>
/// <param name="File">Index of the file; below 0: zeros.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Length">Its length in bytes, 1 or more.</param>
internal readonly record struct FileRange(int File, long Offset, long Length)
{
    /// <summary>Whether it is zeros.</summary>
    public bool IsZeros => File < 0;
}
