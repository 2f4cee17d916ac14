namespace TorrentPatron.Fuzz.Mutation;

/// <summary>Makes inputs.</summary>
internal interface IMutator
{
    /// <summary>Creates an input that follows from the chance alone.</summary>
    byte[] Make(Random random);
}
