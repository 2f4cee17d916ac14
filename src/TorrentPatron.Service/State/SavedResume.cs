using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Service.State;

/// <summary>The content of a resume file.</summary>
/// <param name="Data">The engine's data.</param>
/// <param name="Boot">The boot of the machine in which it was saved; see <see cref="BootIdentity"/>.</param>
internal sealed record SavedResume(ResumeData Data, string Boot);

/// <summary>A resume file that was read.</summary>
/// <param name="Hash">The hash of its bytes.</param>
/// <param name="Saved">Its content.</param>
/// <param name="Stamp">Identifies the file that was read; null if a later one might have the same stamp.</param>
internal sealed record ReadResume(UInt128 Hash, SavedResume Saved, FileStamp? Stamp = null);
