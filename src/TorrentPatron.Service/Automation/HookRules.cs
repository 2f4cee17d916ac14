using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Automation;

/// <summary>Checks hooks, and matches them to torrents.</summary>
internal static class HookRules
{
    private const int ShortestPrefix = 4;
    private const int LongestFilter = 1000;

    /// <summary>The error of an invalid hook; null if it is valid.</summary>
    public static TorrentError? Check(TorrentHook hook)
    {
        if (hook.Name.Length is 0 or > TorrentHook.LongestName || DisplayText.Clean(hook.Name) != hook.Name || hook.Name.Trim() != hook.Name)
            return HookErrors.Invalid($"A hook's name must have 1 to {TorrentHook.LongestName} printable characters.", "Choose another name.");
        if (hook.On.Count == 0)
            return HookErrors.Invalid("A hook needs at least one event.", $"Give one or more of {string.Join(", ", Enum.GetNames<TorrentHookEvent>())}.");
        if (hook.ScriptPath is null == hook.ScriptBlock is null)
            return HookErrors.Invalid("A hook needs either the path of a script or its text.", "Give one of the two.");
        if (hook.ScriptPath is { } path && !(Path.IsPathFullyQualified(path) && path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)))
            return HookErrors.Invalid($"'{DisplayText.Clean(path)}' is not the full path of a .ps1 file.", "PowerShell runs only files with that extension.");
        if (hook.ScriptBlock is { Length: 0 or > TorrentHook.LongestScript })
            return HookErrors.Invalid($"A script's text must have 1 to {TorrentHook.LongestScript} characters.", "Save it as a file, and give its path.");
        if (hook.Torrents.Count > TorrentHook.MostFilters || hook.Tags.Count > TorrentHook.MostFilters
            || hook.Torrents.Concat(hook.Tags).Any(text => text.Length is 0 or > LongestFilter))
            return HookErrors.Invalid($"A hook can have at most {TorrentHook.MostFilters} names and {TorrentHook.MostFilters} tags.", "Use patterns, or omit them.");
        return hook.Timeout <= TimeSpan.Zero || hook.Timeout > TorrentHook.LongestTimeout
            ? HookErrors.Invalid($"A hook's timeout must be more than 0 and at most {TorrentHook.LongestTimeout.TotalSeconds:0} s.", "Give a shorter timeout.")
            : null;
    }

    /// <summary>Reads event names, without duplicates; ignores unknown ones.</summary>
    public static ReadOnlyCollection<TorrentHookEvent> EventsOf(IEnumerable<string?>? names) => new(
        [.. (names ?? []).OfType<string>().Where(name => Enum.GetNames<TorrentHookEvent>().Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(name => Enum.Parse<TorrentHookEvent>(name, ignoreCase: true)).Distinct()]);

    /// <summary>Whether an event runs a hook.</summary>
    public static bool IsFor(TorrentHook hook, HookMessage message) =>
        hook.On.Contains(message.Event)
        && (hook.Tags.Count == 0 || message.Status?.Tags.Intersect(hook.Tags, StringComparer.OrdinalIgnoreCase).Any() == true)
        && (hook.Torrents.Count == 0 || hook.Torrents.Any(text => IsNamed(text, message)));

    private static bool IsNamed(string text, HookMessage message)
    {
        var name = new NamePattern(text);
        return name.IsName(message.Name) || name.IsMatch(message.Name)
            || (text.Length >= ShortestPrefix && (message.InfoHash.StartsWith(text, StringComparison.OrdinalIgnoreCase) || message.Status?.HasInfoHash(text) == true));
    }
}
