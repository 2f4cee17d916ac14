using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>A source of blocks that nobody asks.</summary>
internal sealed class SampleSource : IBlockSource
{
    public string Name => "a sample";

    public BlockAvailability Availability { get; } = new();

    public bool IsClosed => false;

    public bool IsChoking => false;

    public bool IsSnubbed => false;

    public int Requested => 0;

    public IReadOnlyCollection<int> AllowedFast => [];

    public bool MayRequest(int piece) => true;

}
