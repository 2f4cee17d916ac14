using System.Management.Automation;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Removes torrents: stops them and deletes their saved state. Their files stay unless their deletion is asked for.</summary>
[Cmdlet(
    VerbsCommon.Remove, "Torrent", DefaultParameterSetName = NameSet, SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TorrentRemoval))]
public sealed class RemoveTorrentCommand : NamedTorrentCmdlet
{
    private readonly List<SavedTarget> _saved = [];

    /// <summary>Delete the files that the torrents made, and no others.</summary>
    [Parameter]
    public SwitchParameter DeleteData { get; set; }

    /// <summary>Write the removed torrents.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool IsAskingWanted =>
        MyInvocation.BoundParameters.ContainsKey("WhatIf")
        || MyInvocation.BoundParameters.ContainsKey("Confirm")
        || LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"))
        || GetVariableValue("ConfirmPreference") is ConfirmImpact.Low or ConfirmImpact.Medium;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _saved.Clear();
        IReadOnlyList<TorrentTarget> running = Select();
        Run(async (output, cancellation) =>
        {
            var remover = new TorrentRemover(output, DeleteData, PassThru);
            foreach (TorrentTarget torrent in running)
                await remover.RemoveAsync(torrent, cancellation).ConfigureAwait(false);
            foreach (SavedTarget torrent in _saved)
                await remover.RemoveAsync(torrent, cancellation).ConfigureAwait(false);
        });
    }

    /// <summary>Looks among the saved torrents too.</summary>
    private protected override bool IsElsewhere(object target)
    {
        IReadOnlyList<SavedTarget> found = FindSaved(target);
        _saved.AddRange(found);
        return found.Count > 0;
    }

    /// <summary>Only the deletion of data asks for confirmation by default.</summary>
    private protected override bool Agree(string target, string action)
    {
        if (DeleteData || IsAskingWanted)
            return base.Agree(target, action);
        WriteVerbose($"{action}: {target}");
        return true;
    }
}
