namespace TorrentPatron.Help;

/// <summary>One example of a cmdlet's use.</summary>
/// <param name="Title">What it is about.</param>
/// <param name="Code">The commands.</param>
/// <param name="Remarks">What they do.</param>
public sealed record HelpExample(string Title, string Code, string Remarks);
