using System.Management.Automation;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>
/// The parameters that a cmdlet was given: those of the command line, which count for every object of the pipeline, and those that one
/// object has as properties, which count for it alone. An empty property says nothing, as an empty cell of a table does.
/// </summary>
internal sealed class GivenParameters
{
    private readonly InvocationInfo _invocation;
    private readonly HashSet<string> _ofCommandLine;

    /// <summary>Takes those of the command line. To be made in BeginProcessing.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    public GivenParameters(PSCmdlet cmdlet)
    {
        _invocation = cmdlet.MyInvocation;
        _ofCommandLine = [.. _invocation.BoundParameters.Keys];
        Values = Read();
    }

    /// <summary>The values, as the parameters have them: converted, a switch as whether it is on.</summary>
    public IReadOnlyDictionary<string, object?> Values { get; private set; }

    /// <summary>The first of the parameters of the command line that takes the properties of records and was given nothing; null: none.</summary>
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

    /// <summary>Takes those of the next object of the pipeline. To be called in ProcessRecord, once.</summary>
    /// <param name="isRecord">Whether the object's properties are meant for the parameters.</param>
    public void Next(bool isRecord)
    {
        Values = Read(isRecord);
        // PowerShell leaves them there, also for objects that have none of them.
        foreach (string name in _invocation.BoundParameters.Keys.Except(_ofCommandLine).ToArray())
            _invocation.BoundParameters.Remove(name);
    }

    /// <summary>Whether a parameter was given on the command line.</summary>
    /// <param name="name">Its name.</param>
    public bool IsOfCommandLine(string name) => _ofCommandLine.Contains(name);

    /// <summary>A parameter's value; the type's default where it was not given.</summary>
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
