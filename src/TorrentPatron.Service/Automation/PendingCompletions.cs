using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Automation;

/// <summary>
/// The torrents whose completion hooks still have to run: a note for each in <c>hooks/pending</c> of the state folder, from the start of its
/// download until its last hook has ended. So a completion survives the end of the service, orderly or not. Thread-safe.
/// </summary>
/// <remarks>
/// The notes are together in one folder, not in the torrents' folders: a starting service reads one list, and torrents without a note cost
/// nothing. A note is an empty file until a hook begins; its content is read only when needed. If a note cannot be written, the hooks run
/// as they would without it.
/// </remarks>
/// <param name="stateFolder">The state folder.</param>
internal sealed class PendingCompletions(string stateFolder)
{
    /// <summary>Maximum number of services that begin the hooks of one completion: a hook that ends its service would otherwise end every one.</summary>
    public const int MostTries = 3;

    /// <summary>Maximum length of a note in bytes: the ids of all hooks.</summary>
    private const int MaxNote = 16 << 10;

    private readonly Lock _gate = new(); // a leaf; held while a note is written
    private readonly Dictionary<TorrentId, PendingCompletion> _pending = [];
    private readonly string _folder = Path.Combine(stateFolder, "hooks", "pending");
    private bool _isSaved;

    /// <summary>Reads the saved notes, and writes notes from now on.</summary>
    public void UseSaved()
    {
        lock (_gate)
        {
            _isSaved = true;
            try
            {
                if (!Directory.Exists(_folder))
                    return;
                foreach (string path in Directory.EnumerateFiles(_folder))
                {
                    string name = Path.GetFileName(path);
                    if (TorrentId.TryParse(name, out TorrentId torrent) && torrent.ToString() == name)
                        _pending[torrent] = new PendingCompletion(torrent);
                    else
                        StateFile.TryDelete(stateFolder, path);
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                EngineEvents.Log.FaultCaught(null, "reading pending completions", fault);
            }
        }
    }

    /// <summary>Deletes the notes of torrents that are no longer saved.</summary>
    /// <param name="saved">The saved torrents.</param>
    public void Keep(IEnumerable<TorrentId> saved)
    {
        lock (_gate)
        {
            foreach (TorrentId torrent in _pending.Keys.Except(saved).ToArray())
                Delete(torrent);
        }
    }

    /// <summary>Notes the start of a torrent without saved state.</summary>
    public void Begin(TorrentId torrent)
    {
        lock (_gate)
        {
            if (_isSaved)
                Add(new PendingCompletion(torrent));
        }
    }

    /// <summary>Notes that a torrent downloads, perhaps after it was complete.</summary>
    public void Expect(TorrentId torrent)
    {
        lock (_gate)
        {
            if (_isSaved && !IsUntaken(torrent))
                Add(new PendingCompletion(torrent));
        }
    }

    /// <summary>Whether the torrent's completion hooks still have to run, and none has been taken for it since the service started.</summary>
    public bool IsExpected(TorrentId torrent)
    {
        lock (_gate)
            return IsUntaken(torrent);
    }

    /// <summary>Takes the hooks that run for a torrent's completion.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="hooks">The ids of the hooks that match the torrent.</param>
    /// <returns>The hooks that still have to run; null if there is no note, so that all of them run.</returns>
    public PendingCompletion? Take(TorrentId torrent, IReadOnlyCollection<Guid> hooks)
    {
        lock (_gate)
        {
            if (!_isSaved)
                return null;
            PendingCompletion completion = IsUntaken(torrent) ? _pending[torrent] : new PendingCompletion(torrent);
            Read(completion);
            completion.IsTaken = true;
            completion.Open.UnionWith(hooks);
            completion.Open.ExceptWith(completion.Ended);
            if (completion.Open.Count == 0)
                Delete(torrent);
            else if (!IsCurrent(completion))
                Add(completion);
            return completion;
        }
    }

    /// <summary>Notes that a hook is about to begin.</summary>
    /// <returns>False if services have ended too often while this completion's hooks ran.</returns>
    public bool TryBegin(PendingCompletion completion)
    {
        lock (_gate)
        {
            if (completion.IsBegun)
                return true;
            if (completion.Tries >= MostTries)
                return false;
            completion.IsBegun = true;
            completion.Tries++;
            Write(completion);
            return true;
        }
    }

    /// <summary>Notes that a hook has ended, or will not run.</summary>
    public void End(PendingCompletion completion, Guid hook)
    {
        lock (_gate)
        {
            completion.Open.Remove(hook);
            completion.Ended.Add(hook);
            if (!IsCurrent(completion))
                return;
            if (completion.Open.Count == 0)
                Delete(completion.Torrent);
            else
                Write(completion);
        }
    }

    /// <summary>Deletes the note of a torrent that was removed or did not start.</summary>
    public void Forget(TorrentId torrent)
    {
        lock (_gate)
            Delete(torrent);
    }

    /// <summary>Deletes the notes' folder and its parent if they are empty. Nothing else may write to the parent meanwhile.</summary>
    public void DeleteEmptyFolders()
    {
        lock (_gate)
        {
            if (_pending.Count > 0)
                return;
            StateFile.TryDeleteFolder(stateFolder, _folder);
            StateFile.TryDeleteFolder(stateFolder, Path.GetDirectoryName(_folder)!);
        }
    }

    private bool IsUntaken(TorrentId torrent) => _pending.TryGetValue(torrent, out PendingCompletion? known) && !known.IsTaken;

    private bool IsCurrent(PendingCompletion completion) => _pending.GetValueOrDefault(completion.Torrent) == completion;

    private void Add(PendingCompletion completion)
    {
        _pending[completion.Torrent] = completion;
        Write(completion);
    }

    private void Delete(TorrentId torrent)
    {
        if (_pending.Remove(torrent))
            StateFile.TryDelete(stateFolder, PathOf(torrent));
    }

    private string PathOf(TorrentId torrent) => Path.Combine(_folder, torrent.ToString());

    private void Read(PendingCompletion completion)
    {
        try
        {
            if (!IsCurrent(completion) || StateFile.Read(stateFolder, PathOf(completion.Torrent), MaxNote) is not { Length: > 0 } content)
                return;
            CompletionDto? note = JsonSerializer.Deserialize(content, HookJson.Default.CompletionDto);
            completion.Tries = Math.Max(note?.Tries ?? 0, 0);
            completion.Ended.UnionWith(note?.Ended ?? []);
        }
        catch (Exception fault) when (fault is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // Truncated, for example by a power cut: all hooks run again.
            EngineEvents.Log.FaultCaught(completion.Torrent, "reading a pending completion", fault);
        }
    }

    /// <summary>Does not flush: after a power cut, hooks may run once more, or not at all if the download had just begun.</summary>
    private void Write(PendingCompletion completion)
    {
        if (!IsCurrent(completion))
            return;
        try
        {
            byte[] content = completion.Tries == 0 && completion.Ended.Count == 0
                ? []
                : JsonSerializer.SerializeToUtf8Bytes(
                    new CompletionDto { Tries = completion.Tries, Ended = [.. completion.Ended] }, HookJson.Default.CompletionDto);
            if (!Directory.Exists(_folder))
            {
                StateFile.MakeFolders(stateFolder, Path.GetDirectoryName(_folder)!);
                StateFile.MakeFolders(stateFolder, _folder);
            }

            string path = PathOf(completion.Torrent);
            if (completion.Tries == 0 && completion.Ended.Count == 0)
            {
                // Ten thousand torrents may start at once, so an empty note is written without a temporary file.
                using SafeFileHandle file = StateFile.OpenPatiently(stateFolder, path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
                if (RandomAccess.GetLength(file) > 0)
                    RandomAccess.SetLength(file, 0);
                return;
            }

            var note = new CompletionDto { Tries = completion.Tries, Ended = [.. completion.Ended] };
            StateFile.Write(stateFolder, path, JsonSerializer.SerializeToUtf8Bytes(note, HookJson.Default.CompletionDto), flush: false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            EngineEvents.Log.FaultCaught(completion.Torrent, "writing a pending completion", fault);
        }
    }
}
