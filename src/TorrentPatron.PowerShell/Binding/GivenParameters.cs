using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// The parameters that a cmdlet was given: those on the command line, which apply to every pipeline object, and those that an object
/// has as properties, which apply to that object only. An empty property means nothing, like an empty cell of a table.
/// </summary>
internal sealed class GivenParameters
{
    private readonly InvocationInfo _invocation;
    private readonly HashSet<string> _ofCommandLine;

    /// <summary>Reads the parameters of the command line. Call it in BeginProcessing.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    public GivenParameters(PSCmdlet cmdlet)
    {
        _invocation = cmdlet.MyInvocation;
        _ofCommandLine = [.. _invocation.BoundParameters.Keys];
        Values = Read();
    }

    /// <summary>The parameters' converted values; a switch is a bool.</summary>
    public IReadOnlyDictionary<string, object?> Values { get; private set; }

    /// <summary>The first command-line parameter that records can set and that was given an empty value; null if there is none.</summary>
    public string? Empty
    {
        get
        {
            foreach ((string name, object? value) in Values)
            {
                if (value is null or Array { Length: 0 } && TakesProperties(name) && !MayBeEmpty(name))
                    return name;
            }

            return null;
        }
    }

    /// <summary>Reads the parameters of the next pipeline object. Call it once in each ProcessRecord.</summary>
    /// <param name="isRecord">Whether the object's properties set parameters.</param>
    public void Next(bool isRecord)
    {
        Values = Read(isRecord);
        // PowerShell keeps the previous object's values, even for objects that have none of them.
        foreach (string name in _invocation.BoundParameters.Keys.Except(_ofCommandLine).ToArray())
            _invocation.BoundParameters.Remove(name);
    }

    /// <summary>Whether a parameter was given on the command line.</summary>
    /// <param name="name">Its name.</param>
    public bool IsOfCommandLine(string name) => _ofCommandLine.Contains(name);

    /// <summary>A parameter's value, or the type's default if it was not given.</summary>
    /// <param name="name">Its name.</param>
    public T? Get<T>(string name) => Values.GetValueOrDefault(name) is T value ? value : default;

    private Dictionary<string, object?> Read(bool isRecord = true)
    {
        var read = new Dictionary<string, object?>();
        foreach ((string name, object? value) in _invocation.BoundParameters)
        {
            if (_ofCommandLine.Contains(name) || (isRecord && value is not null))
                read.Add(name, value is SwitchParameter given ? given.IsPresent : value);
        }

        return read;
    }

    private bool TakesProperties(string name) =>
        _invocation.MyCommand.Parameters[name].ParameterSets.Values.Any(set => set.ValueFromPipelineByPropertyName);

    private bool MayBeEmpty(string name) =>
        _invocation.MyCommand.Parameters[name].Attributes.Any(attribute => attribute is AllowNullAttribute or AllowEmptyCollectionAttribute);
}
