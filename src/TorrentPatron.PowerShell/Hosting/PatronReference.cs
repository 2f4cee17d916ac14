using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>A patron argument: the patron itself, or a copy that a job or a file serialized.</summary>
/// <param name="Id">The patron's id.</param>
/// <param name="Name">The patron's name.</param>
internal sealed record PatronReference(Guid Id, string Name)
{
    private static readonly string Snapshot = $"Deserialized.{typeof(Patron).FullName}";

    private Patron? Itself { get; init; }

    /// <summary>Reads an argument.</summary>
    /// <param name="value">The argument.</param>
    /// <returns>The reference; null if the argument is something else.</returns>
    public static PatronReference? Of(object? value)
    {
        if (PipelineValue.Unwrap(value) is Patron patron)
            return new PatronReference(patron.Id, patron.Name) { Itself = patron };
        return value is PSObject { BaseObject: PSCustomObject } data && data.TypeNames.Contains(Snapshot)
            && Guid.TryParse(data.Properties[nameof(Patron.Id)]?.Value?.ToString(), out Guid id)
            ? new PatronReference(id, data.Properties[nameof(Patron.Name)]?.Value?.ToString() ?? "")
            : null;
    }

    /// <summary>The patron itself; null if it belongs to another session or has been stopped.</summary>
    /// <param name="session">The session.</param>
    public Patron? Find(SessionPatrons session) => Itself ?? session.Patrons.FirstOrDefault(patron => patron.Id == Id);
}
