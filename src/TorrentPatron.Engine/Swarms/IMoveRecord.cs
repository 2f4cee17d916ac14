using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Where the move of a torrent's files to another folder is written down.</summary>
internal interface IMoveRecord
{
    /// <summary>What has been chosen for the torrent.</summary>
    TorrentChoices Choices { get; }

    /// <summary>Where the files on disk are from; null: that is not known.</summary>
    DataOrigin? Origin { get; set; }

    /// <summary>The folder to which the files are on their way; null: none.</summary>
    string? MovingTo { get; set; }

    /// <summary>How much of them is there, 0 to 1.</summary>
    double MovedShare { get; set; }
}
