using System.Collections.ObjectModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Automation;

/// <summary>The files of hooks in the folder <c>hooks</c> of a state folder: the list, and a script for each hook that was given as text.</summary>
/// <remarks>Written as the rest of the state: to a new file that is then renamed, never through a link, readable by the user only.</remarks>
/// <param name="stateFolder">The state folder.</param>
internal sealed class HookStore(string stateFolder)
{
    private const string ListName = "hooks";
    private const string DamagedName = "hooks.damaged";

    /// <summary>Maximum length of the list in bytes: every hook with the maximum number of filters.</summary>
    private const int MaxList = 16 << 20;

    private readonly string _folder = Path.Combine(stateFolder, "hooks");

    private string ListPath => Path.Combine(_folder, ListName);

    /// <summary>Path of the script of a hook.</summary>
    /// <param name="id">The hook's id.</param>
    public string ScriptPath(Guid id) => Path.Combine(_folder, $"{id:N}.ps1");

    /// <summary>Reads the saved hooks; skips invalid ones.</summary>
    /// <param name="fault">Why they could not be read, in which case the files have been set aside; otherwise null.</param>
    public IReadOnlyList<(Guid Id, TorrentHook Hook)> Load(out TorrentError? fault)
    {
        fault = null;
        byte[]? content = null;
        try
        {
            content = StateFile.Read(stateFolder, ListPath, MaxList);
            if (content is null)
                return [];
            HookDto[] list = JsonSerializer.Deserialize(content, HookJson.Default.HookDtoArray) ?? [];
            return [.. list.OfType<HookDto>().Select(Read).Where(hook => HookRules.Check(hook.Hook) is null).Take(TorrentHook.Most)];
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The message of a JsonException names types of ours.
            fault = HookErrors.Damaged(ListPath, problem is JsonException ? "its content is not valid" : problem.Message);
            if (content is not null)
                TrySetAside(content);
            return [];
        }
    }

    /// <summary>Saves the list.</summary>
    /// <exception cref="TorrentException">It cannot be written; the old list is unchanged.</exception>
    public void Save(IEnumerable<(Guid Id, TorrentHook Hook)> hooks) =>
        Write(ListPath, JsonSerializer.SerializeToUtf8Bytes([.. hooks.Select(hook => Of(hook.Id, hook.Hook))], HookJson.Default.HookDtoArray));

    /// <summary>Writes a script.</summary>
    /// <exception cref="TorrentException">It cannot be written.</exception>
    public void SaveScript(Guid id, string text) => Write(ScriptPath(id), Encoding.UTF8.GetBytes(text));

    /// <summary>Deletes a script, if possible.</summary>
    public void DeleteScript(Guid id) => StateFile.TryDelete(stateFolder, ScriptPath(id));

    private void Write(string path, byte[] content)
    {
        try
        {
            StateFile.MakeFolders(stateFolder, _folder);
            StateFile.Write(stateFolder, path, content, flush: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorrentException(HookErrors.NotSaved(_folder, fault.Message), fault);
        }
    }

    private void TrySetAside(byte[] content)
    {
        try
        {
            Write(Path.Combine(_folder, DamagedName), content);
        }
        catch (TorrentException)
        {
            // The file stays where it is until hooks are saved again.
        }
    }

    private static HookDto Of(Guid id, TorrentHook hook) => new()
    {
        Id = id,
        Name = hook.Name,
        On = [.. hook.On.Select(happened => happened.ToString())],
        ScriptPath = hook.ScriptPath,
        ScriptBlock = hook.ScriptBlock,
        Torrents = [.. hook.Torrents],
        Tags = [.. hook.Tags],
        TimeoutSeconds = hook.Timeout.TotalSeconds,
        RegisteredAt = hook.RegisteredAt,
    };

    private static (Guid Id, TorrentHook Hook) Read(HookDto saved) => (saved.Id, new TorrentHook
    {
        Name = saved.Name ?? "",
        On = HookRules.EventsOf(saved.On),
        ScriptPath = saved.ScriptPath,
        ScriptBlock = saved.ScriptBlock,
        Torrents = new ReadOnlyCollection<string>([.. (saved.Torrents ?? []).OfType<string>()]),
        Tags = new ReadOnlyCollection<string>([.. (saved.Tags ?? []).OfType<string>()]),
        Timeout = saved.TimeoutSeconds is > 0 and <= int.MaxValue ? TimeSpan.FromSeconds(saved.TimeoutSeconds) : TimeSpan.Zero,
        RegisteredAt = saved.RegisteredAt,
        IsSaved = true,
    });
}

#pragma warning disable SA1402 // The format of the list, and its generated serializer.

/// <summary>A saved hook.</summary>
internal sealed class HookDto
{
    public Guid Id { get; set; }

    public string? Name { get; set; }

    public string?[]? On { get; set; }

    public string? ScriptPath { get; set; }

    public string? ScriptBlock { get; set; }

    public string?[]? Torrents { get; set; }

    public string?[]? Tags { get; set; }

    public double TimeoutSeconds { get; set; }

    public DateTimeOffset RegisteredAt { get; set; }
}

/// <summary>A saved completion whose hooks still have to run.</summary>
internal sealed class CompletionDto
{
    public int Tries { get; set; }

    public Guid[]? Ended { get; set; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HookDto[]))]
[JsonSerializable(typeof(CompletionDto))]
internal sealed partial class HookJson : JsonSerializerContext;
