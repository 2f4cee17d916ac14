namespace TorrentPatron.Engine.Client;

/// <summary>The priority of a file.</summary>
public enum FilePriority
{
    /// <summary>Not wanted: its pieces are downloaded only if a wanted file shares them.</summary>
    Skip = 0,

    /// <summary>Lower than normal.</summary>
    Low = 1,

    /// <summary>Normal.</summary>
    Normal = 4,

    /// <summary>Higher than normal.</summary>
    High = 7,
}
