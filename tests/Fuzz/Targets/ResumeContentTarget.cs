using System.Buffers;
using System.Security.Cryptography;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Service.State;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Resume files with a valid checksum and a content that we would not write.</summary>
internal sealed class ResumeContentTarget : IFuzzTarget
{
    public string Name => "resume-content";

    public IMutator Mutator { get; } = new BencodeMutator([ResumeSamples.Content]);

    public long AllowedBytes(int length) => 512 * 1024 + (400L * length);

    public bool Run(byte[] input)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("check"u8, SHA1.HashData(input));
        writer.Write("content"u8, input);
        writer.Write("version"u8, 1);
        writer.End();
        try
        {
            ResumeSamples.Check(ResumeCodec.Decode(output.WrittenMemory, ResumeSamples.Torrent, ResumeSamples.Pieces));
            return true;
        }
        catch (InvalidDataException fault)
        {
            Property.IsHarmless(fault.Message, "the error message");
            return false;
        }
    }
}
