using System.Collections.ObjectModel;
using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Resolves PowerShell's paths (drives, wildcards, the current location) to those of the file system.</summary>
internal static class FilePaths
{
    private const string FileSystem = "FileSystem";

    /// <summary>Resolves a path: what lies there as it is written or, where nothing does, what its wildcards match. It is a failure that there is none.</summary>
    /// <param name="cmdlet">Whose session's drives and location count.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports what makes it unusable.</param>
    public static IReadOnlyList<string> Resolve(this PSCmdlet cmdlet, string path, Action<TorrentError, object?> fail)
    {
        // Most paths mean themselves, and one of them is found much faster than a pattern. So is one with brackets in it.
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

    /// <summary>Resolves a path as it is written, whether or not there is such a file.</summary>
    /// <param name="cmdlet">Whose session's drives and location count.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports what makes it unusable.</param>
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

    /// <summary>Resolves a folder or file to write to; a path that cannot be used ends the command.</summary>
    /// <param name="cmdlet">Whose session's drives and location count.</param>
    /// <param name="path">The path; null: the current location in the file system.</param>
    public static string ResolveDestination(this PSCmdlet cmdlet, string? path)
    {
        if (path is null)
            return cmdlet.SessionState.Path.CurrentFileSystemLocation.ProviderPath;

        return cmdlet.ResolveDestination(path, (error, target) => cmdlet.ThrowTerminatingError(
            CmdletOutput.Record(new CommandFailure(error, target))))!;
    }

    /// <summary>Resolves the socket of a service. One that cannot be used ends the command.</summary>
    /// <param name="cmdlet">Whose session's drives and location count.</param>
    /// <param name="path">The path, on Windows the name of a pipe; null: the user's own.</param>
    public static string? ResolveSocket(this PSCmdlet cmdlet, string? path) =>
        path is null || OperatingSystem.IsWindows() ? path : cmdlet.ResolveDestination(path);

    /// <summary>Resolves a folder or file to write to.</summary>
    /// <param name="cmdlet">Whose session's drives and location count.</param>
    /// <param name="path">The path.</param>
    /// <param name="fail">Reports what makes it unusable.</param>
    /// <returns>The path; null where it cannot be used.</returns>
    public static string? ResolveDestination(this PSCmdlet cmdlet, string path, Action<TorrentError, object?> fail) => cmdlet.ResolveLiteral(
        path, (error, target) => fail(error with { Id = TorrentErrorId.DestinationNotWritable }, target)) is [string found] ? found : null;
}
