namespace TorrentPatron.Help;

/// <summary>How a parameter is used in one parameter set.</summary>
/// <param name="IsMandatory">Whether it must be given.</param>
/// <param name="Position">Its position, from 0; null: by name only.</param>
/// <param name="ByValue">Whether it takes what comes down the pipeline.</param>
/// <param name="ByPropertyName">Whether it takes properties of its name of what comes down the pipeline.</param>
public sealed record ParameterUse(bool IsMandatory, int? Position, bool ByValue, bool ByPropertyName);
