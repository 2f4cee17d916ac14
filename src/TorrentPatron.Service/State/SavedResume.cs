using TorrentPatron.Engine.Storage;

namespace TorrentPatron.Service.State;

/// <summary>What is in a resume file.</summary>
/// <param name="Data">What the engine saved.</param>
/// <param name="Boot">The machine's run in which it was saved; see <see cref="BootIdentity"/>.</param>
internal sealed record SavedResume(ResumeData Data, string Boot);

/// <summary>A resume file that was read.</summary>
/// <param name="Hash">The hash of its bytes.</param>
/// <param name="Saved">What is in it.</param>
/// <param name="Stamp">By what the file is recognised as the one that was read; null: a later one might not differ.</param>
internal sealed record ReadResume(UInt128 Hash, SavedResume Saved, FileStamp? Stamp = null);
