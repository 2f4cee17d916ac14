using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Service.State;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Damaged resume files: only the file as it was written is accepted.</summary>
internal sealed class ResumeFileTarget : IFuzzTarget
{
    public string Name => "resume-file";

    public IMutator Mutator { get; } = new ByteMutator([ResumeSamples.File]);

    public long AllowedBytes(int length) => 256 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        try
        {
            ResumeSamples.Check(ResumeCodec.Decode(input, ResumeSamples.Torrent, ResumeSamples.Pieces));
            return true;
        }
        catch (InvalidDataException fault)
        {
            Property.IsHarmless(fault.Message, "the error message");
            return false;
        }
    }
}
