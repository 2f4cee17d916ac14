using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service.State;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Damaged journals: no entry is invented, and none before the damage is lost.</summary>
internal sealed class JournalTarget : IFuzzTarget
{
    private static readonly byte[] Sound = Make(3, 5, 7, 0, 19);

    public string Name => "journal";

    public IMutator Mutator { get; } = new ByteMutator([Sound]);

    public long AllowedBytes(int length) => 512 * 1024 + (64L * length);

    public bool Run(byte[] input)
    {
        string path = Temporary();
        try
        {
            File.WriteAllBytes(path, input);
            using (var journal = new PieceJournal(Path.GetDirectoryName(path)!, path, ResumeSamples.Torrent, ResumeSamples.Pieces))
            {
                Bitfield noted = journal.Noted();
                int intact = input.AsSpan().CommonPrefixLength(Sound) / 8;
                foreach (int piece in ((int[])[3, 5, 7, 0, 19])[..intact])
                    Property.Holds(noted[piece], "records before the damage are kept");
                for (int piece = 0; piece < noted.Length; piece++)
                    Property.Holds(!noted[piece] || piece is 0 or 3 or 5 or 7 or 19, "nothing is read that was not recorded");
                journal.Add(11);
            }

            using var again = new PieceJournal(Path.GetDirectoryName(path)!, path, ResumeSamples.Torrent, ResumeSamples.Pieces);
            Property.Holds(again.Noted()[11], "records continue after the damage");
            return !input.AsSpan().IsEmpty && again.Noted().Count > 1;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Make(params int[] pieces)
    {
        string path = Temporary();
        using (var journal = new PieceJournal(Path.GetDirectoryName(path)!, path, ResumeSamples.Torrent, ResumeSamples.Pieces))
        {
            foreach (int piece in pieces)
                journal.Add(piece);
        }

        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    private static string Temporary() => Path.Combine(Path.GetTempPath(), $"journal-{Guid.NewGuid():N}");
}
