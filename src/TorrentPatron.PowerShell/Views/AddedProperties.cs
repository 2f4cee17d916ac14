using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.PowerShell.Views;

/// <summary>
/// The properties that PowerShell adds to objects or replaces in them. TorrentPatron.Types.ps1xml names them.
/// </summary>
/// <remarks>
/// They are code, not script, so they work in strict mode, in constrained language and for a serializer on a thread without a runspace,
/// and leave nothing in <c>$Error</c>. Times are local <see cref="DateTime"/> values, which stay times when they are serialized; a
/// <see cref="DateTimeOffset"/> becomes text.
/// </remarks>
public static class AddedProperties
{
    /// <inheritdoc cref="TorrentStatus.AddedAt"/>
    public static object? AddedAt(PSObject instance) => Local(Of<TorrentStatus>(instance)?.AddedAt);

    /// <inheritdoc cref="TorrentStatus.CompletedAt"/>
    public static object? CompletedAt(PSObject instance) => Local(Of<TorrentStatus>(instance)?.CompletedAt);

    /// <inheritdoc cref="TorrentStatus.LastProgressAt"/>
    public static object? LastProgressAt(PSObject instance) => Local(Of<TorrentStatus>(instance)?.LastProgressAt);

    /// <inheritdoc cref="TorrentStatus.Timestamp"/>
    public static object? Timestamp(PSObject instance) => Local(Of<TorrentStatus>(instance)?.Timestamp);

    /// <inheritdoc cref="MetadataProgress.Since"/>
    public static object? Since(PSObject instance) => Local(Of<MetadataProgress>(instance)?.Since);

    /// <inheritdoc cref="TrackerSnapshot.LastAnswer"/>
    public static object? LastAnswer(PSObject instance) => Local(Of<TrackerSnapshot>(instance)?.LastAnswer);

    /// <inheritdoc cref="TrackerSnapshot.NextAnnounce"/>
    public static object? NextAnnounce(PSObject instance) => Local(Of<TrackerSnapshot>(instance)?.NextAnnounce);

    /// <inheritdoc cref="WebSeedSnapshot.NextAttempt"/>
    public static object? NextAttempt(PSObject instance) => Local(Of<WebSeedSnapshot>(instance)?.NextAttempt);

    /// <inheritdoc cref="TorrentHook.RegisteredAt"/>
    public static object? RegisteredAt(PSObject instance) => Local(Of<TorrentHook>(instance)?.RegisteredAt);

    /// <inheritdoc cref="HookRun.StartedAt"/>
    public static object? StartedAt(PSObject instance) => Local(Of<HookRun>(instance)?.StartedAt);

    /// <summary>The type of a message.</summary>
    public static object? Kind(PSObject instance) => Of<TorrentMessage>(instance)?.GetType().Name;

    /// <summary>The info hash of a message's torrent, for piping it to torrent cmdlets; null if unknown.</summary>
    public static object? InfoHash(PSObject instance) =>
        Of<TorrentMessage>(instance) is { } message && message.TorrentId != default ? message.TorrentId.ToString() : null;

    /// <summary>A message as one line of text.</summary>
    public static object? Text(PSObject instance) => (Of<TorrentMessage>(instance) switch
    {
        TorrentStartFail fail => fail.Error,
        CommandFail fail => fail.Error,
        TorrentWarning warning => warning.Warning,
        { } message => (object?)new TorrentEventArgs<TorrentMessage>(message).Status,
        null => null,
    })?.ToString();

    /// <summary>The folder of a patron's saved state.</summary>
    public static object? StatePath(PSObject instance) => Of<Patron>(instance)?.Service.Settings.StatePath;

    /// <summary>The name of a patron's engine, running or not.</summary>
    public static object? EngineName(PSObject instance) => Of<Patron>(instance)?.Service.Settings.Engine;

    /// <summary>The status of a patron's engine; null while none runs.</summary>
    public static object? Engine(PSObject instance) =>
        Of<Patron>(instance) is { IsStopped: false } patron ? patron.Service.GetClientStatus() : null;

    /// <summary>The port that a patron's engine listens on; null while it does not listen.</summary>
    public static object? Port(PSObject instance) => Engine(instance) is ClientStatus { ListenEndPoints: [var first, ..] } ? first.Port : null;

    /// <summary>Whether a patron is the session's default for commands without -Patron.</summary>
    public static object IsDefault(PSObject instance) => Of<Patron>(instance) is { } patron && RunspacePatrons.Known?.IsDefault(patron) == true;

    private static T? Of<T>(PSObject? instance)
        where T : class => instance?.BaseObject as T;

    private static DateTime? Local(DateTimeOffset? time) => time?.LocalDateTime;
}
