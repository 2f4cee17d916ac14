using TorrentPatron.Fuzz.Mutation;

namespace TorrentPatron.Fuzz;

/// <summary>A decoder, and what must hold of it whatever it is given.</summary>
internal interface IFuzzTarget
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>How inputs are made from sound ones.</summary>
    IMutator Mutator { get; }

    /// <summary>Bytes that the decoder and the checks on it may allocate for an input of this length.</summary>
    long AllowedBytes(int length);

    /// <summary>Of the inputs that the tests try, the share that this target is given: less than 1 where each takes milliseconds.</summary>
    double Share => 1;

    /// <summary>Decodes an input and checks every property; throws where one does not hold.</summary>
    /// <returns>Whether the input was taken for sound: a target that refuses everything tests nothing.</returns>
    bool Run(byte[] input);
}
