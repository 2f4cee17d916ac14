using TorrentPatron.Fuzz.Mutation;

namespace TorrentPatron.Fuzz;

/// <summary>A decoder and the properties that must hold for every input.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>Creates inputs from valid ones.</summary>
    IMutator Mutator { get; }

    /// <summary>Bytes that the decoder and its checks may allocate for an input of this length.</summary>
    long AllowedBytes(int length);

    /// <summary>The share of the tests' inputs that this target gets: less than 1 if each takes milliseconds.</summary>
    double Share => 1;

    /// <summary>Decodes an input and checks every property; throws if one does not hold.</summary>
    /// <returns>Whether the decoder accepted the input: a target that refuses everything tests nothing.</returns>
    bool Run(byte[] input);
}
