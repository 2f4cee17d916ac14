using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Engine.Tests.Pieces;

/// <summary>A source of blocks that has only a name.</summary>
internal sealed record NamedSource(string Name) : IBlockSource
{
    public BlockAvailability Availability { get; } = new();

    public bool IsClosed => false;

    public bool IsChoking => false;

    public bool IsSnubbed => false;

    public int Requested => 0;

    public IReadOnlyCollection<int> AllowedFast => [];

    public bool MayRequest(int piece) => true;
}
