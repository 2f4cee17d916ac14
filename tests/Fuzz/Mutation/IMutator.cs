namespace TorrentPatron.Fuzz.Mutation;

/// <summary>Creates inputs.</summary>
internal interface IMutator
{
    /// <summary>Creates an input that depends only on the random numbers.</summary>
    byte[] Make(Random random);
}
