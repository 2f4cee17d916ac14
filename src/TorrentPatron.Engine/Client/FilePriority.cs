namespace TorrentPatron.Engine.Client;

/// <summary>How much a file is wanted.</summary>
public enum FilePriority
{
    /// <summary>Not at all: its pieces are fetched only where a wanted file shares them.</summary>
    Skip = 0,

    /// <summary>Less than others.</summary>
    Low = 1,

    /// <summary>As others.</summary>
    Normal = 4,

    /// <summary>More than others.</summary>
    High = 7,
}
