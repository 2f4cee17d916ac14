namespace TorrentPatron.Engine.Client;

/// <summary>An error in a form that scripts can branch on and people can act on.</summary>
/// <param name="Id">A stable id from <see cref="TorrentErrorId"/>.</param>
/// <param name="Message">A sentence that says what happened; safe to print.</param>
/// <param name="Remedy">A sentence that says what to do.</param>
public sealed record TorrentError(string Id, string Message, string Remedy)
{
    /// <summary>The message and the remedy.</summary>
    public override string ToString() => $"{Message} {Remedy}";
}
