namespace TorrentPatron.Protocol.Utp;

/// <summary>Why a uTP connection broke.</summary>
internal enum UtpFailure
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The other side no longer knows it.</summary>
    Reset,

    /// <summary>The other side does not answer.</summary>
    TimedOut,
}
