using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that adds trackers or web seeds to torrents.</summary>
public abstract class AddAddressCmdlet : ChangeTorrentCmdlet
{
    private readonly List<Uri> _addresses = [];

    /// <summary>The name and the value of the parameter with the addresses.</summary>
    private protected abstract (string Name, Uri[] Given) Parameter { get; }

    /// <summary>The valid addresses to add.</summary>
    private protected IReadOnlyList<Uri> Addresses => _addresses;

    /// <summary>Reads an address as a user gives it.</summary>
    private protected abstract bool TryRead(string text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out TorrentError? error);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Read();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<TorrentTarget> torrents = Select();
        if (!Given.IsOfCommandLine(Parameter.Name))
            Read();
        if (_addresses.Count > 0)
            Change(torrents);
    }

    private void Read()
    {
        _addresses.Clear();
        foreach (Uri given in Parameter.Given)
        {
            if (TryRead(given.OriginalString, out Uri? address, out TorrentError? error))
                _addresses.Add(address);
            else
                Fail(error, given);
        }
    }
}
