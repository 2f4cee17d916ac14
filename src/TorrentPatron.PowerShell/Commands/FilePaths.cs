using System.Collections.ObjectModel;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Resolves PowerShell paths (drives, wildcards, the current location) to file system paths.</summary>
internal static class FilePaths
{
    private const string FileSystem = "FileSystem";

    /// <summary>Resolves a path: the literal path if it exists, otherwise the matches of its wildcards. No match is a failure.</summary>
    /// <param name="cmdlet">The cmdlet, for its session's drives and location.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports why the path cannot be used.</param>
    public static IReadOnlyList<string> Resolve(this PSCmdlet cmdlet, string path, Action<TorrentError, object?> fail)
    {
        // Most paths are literal, and looking for one is much faster than matching a pattern. A literal path may contain brackets.
        if (cmdlet.ResolveLiteral(path, static (_, _) => { }) is [string literal] && (File.Exists(literal) || Directory.Exists(literal)))
            return [literal];

        try
        {
            Collection<string> found = cmdlet.SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            if (provider.Name != FileSystem)
                fail(CommandErrors.NotFileSystem(path), path);
            else if (found.Count == 0)
                fail(CommandErrors.NoSuchPath(path), path);
            else
                return [.. found];
        }
        catch (ItemNotFoundException)
        {
            fail(CommandErrors.NoSuchPath(path), path);
        }
        catch (Exception fault) when (fault is RuntimeException or ArgumentException or IOException or NotSupportedException)
        {
            fail(CommandErrors.BadPath(path, fault), path);
        }

        return [];
    }

    /// <summary>Resolves a literal path, whether or not the file exists.</summary>
    /// <param name="cmdlet">The cmdlet, for its session's drives and location.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports why the path cannot be used.</param>
    /// <returns>One path, or none.</returns>
    public static IReadOnlyList<string> ResolveLiteral(this PSCmdlet cmdlet, string path, Action<TorrentError, object?> fail)
    {
        try
        {
            string found = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            if (provider.Name == FileSystem)
                return [found];
            fail(CommandErrors.NotFileSystem(path), path);
        }
        catch (Exception fault) when (fault is RuntimeException or ArgumentException or IOException or NotSupportedException)
        {
            fail(CommandErrors.BadPath(path, fault), path);
        }

        return [];
    }

    /// <summary>Resolves a folder or file to write to; an unusable path ends the command.</summary>
    /// <param name="cmdlet">The cmdlet, for its session's drives and location.</param>
    /// <param name="path">The path; null means the current location in the file system.</param>
    public static string ResolveDestination(this PSCmdlet cmdlet, string? path)
    {
        if (path is null)
            return cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;

        return cmdlet.ResolveDestination(path, (error, target) => cmdlet.ThrowTerminatingError(
            CmdletOutput.Record(new CommandFailure(error, target))))!;
    }

    /// <summary>Resolves the socket of a service. An unusable path ends the command.</summary>
    /// <param name="cmdlet">The cmdlet, for its session's drives and location.</param>
    /// <param name="path">The path, or on Windows the name of a pipe; null means the user's own socket.</param>
    public static string? ResolveSocket(this PSCmdlet cmdlet, string? path) =>
        path is null || OperatingSystem.IsWindows() ? path : cmdlet.ResolveDestination(path);

    /// <summary>Resolves a folder or file to write to.</summary>
    /// <param name="cmdlet">The cmdlet, for its session's drives and location.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports why the path cannot be used.</param>
    /// <returns>The path; null if it cannot be used.</returns>
    public static string? ResolveDestination(this PSCmdlet cmdlet, string path, Action<TorrentError, object?> fail) => cmdlet.ResolveLiteral(
        path, (error, target) => fail(error with { Id = TorrentErrorId.DestinationNotWritable }, target)) is [string found] ? found : null;
}
