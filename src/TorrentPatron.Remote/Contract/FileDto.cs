using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Remote.Contract;

/// <summary>A file on the wire, with its properties.</summary>
internal sealed class FileDto
{
    public int Index { get; set; }

    public string? Path { get; set; }

    public string? FullPath { get; set; }

    public long Length { get; set; }

    public long CompletedSize { get; set; }

    public string? Priority { get; set; }

    public bool IsOwn { get; set; }

    public string? Attributes { get; set; }

    public string? LinkTarget { get; set; }

    public string? Sha1 { get; set; }

    public static FileDto Of(FileSnapshot file) => new()
    {
        Index = file.Index,
        Path = file.Path,
        FullPath = file.FullPath,
        Length = file.Length,
        CompletedSize = file.CompletedSize,
        Priority = file.Priority.ToString(),
        IsOwn = file.IsOwn,
        Attributes = file.Attributes == TorrentFileAttributes.None ? null : file.Attributes.ToString(),
        LinkTarget = file.LinkTarget,
        Sha1 = file.Sha1,
    };

    public FileSnapshot ToSnapshot() => new()
    {
        Index = Index,
        Path = Path ?? "",
        FullPath = FullPath ?? "",
        Length = Length,
        CompletedSize = CompletedSize,
        Priority = Wire.ToEnum(Priority, FilePriority.Normal),
        IsOwn = IsOwn,
        Attributes = Wire.ToFlags<TorrentFileAttributes>(Attributes),
        LinkTarget = LinkTarget,
        Sha1 = Sha1,
    };
}
