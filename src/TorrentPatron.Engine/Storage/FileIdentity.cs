namespace TorrentPatron.Engine.Storage;

/// <summary>Identifies a file on this machine regardless of its name.</summary>
/// <param name="Volume">The volume's id.</param>
/// <param name="Number">The file's number on that volume.</param>
public readonly record struct FileIdentity(ulong Volume, ulong Number);
