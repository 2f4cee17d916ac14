namespace TorrentPatron.Engine.Client;

/// <summary>What went wrong, in a form that scripts can branch on and people can act on.</summary>
/// <param name="Id">A stable id, one of <see cref="TorrentErrorId"/>.</param>
/// <param name="Message">One sentence that says what happened; safe to print.</param>
/// <param name="Remedy">One sentence that says what to do.</param>
public sealed record TorrentError(string Id, string Message, string Remedy)
{
    /// <summary>What happened and what to do, as one text.</summary>
    public override string ToString() => $"{Message} {Remedy}";
}
