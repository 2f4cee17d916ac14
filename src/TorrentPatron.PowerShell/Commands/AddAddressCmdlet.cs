using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that gives torrents more addresses of a kind: trackers, web seeds.</summary>
public abstract class AddAddressCmdlet : ChangeTorrentCmdlet
{
    private readonly List<Uri> _addresses = [];

    /// <summary>The name of the parameter with the addresses, and what it was given.</summary>
    private protected abstract (string Name, Uri[] Given) Parameter { get; }

    /// <summary>The addresses to add, which are valid.</summary>
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
