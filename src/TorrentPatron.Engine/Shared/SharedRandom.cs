namespace TorrentPatron.Engine.Shared;

/// <summary>A random number generator for concurrent use.</summary>
/// <param name="source">The underlying generator, which nothing else may use from now on.</param>
internal sealed class SharedRandom(Random source) : Random
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public override int Next()
    {
        lock (_gate)
            return source.Next();
    }

    /// <inheritdoc/>
    public override int Next(int maxValue)
    {
        lock (_gate)
            return source.Next(maxValue);
    }

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue)
    {
        lock (_gate)
            return source.Next(minValue, maxValue);
    }

    /// <inheritdoc/>
    public override long NextInt64()
    {
        lock (_gate)
            return source.NextInt64();
    }

    /// <inheritdoc/>
    public override long NextInt64(long maxValue)
    {
        lock (_gate)
            return source.NextInt64(maxValue);
    }

    /// <inheritdoc/>
    public override long NextInt64(long minValue, long maxValue)
    {
        lock (_gate)
            return source.NextInt64(minValue, maxValue);
    }

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer)
    {
        lock (_gate)
            source.NextBytes(buffer);
    }

    /// <inheritdoc/>
    public override double NextDouble()
    {
        lock (_gate)
            return source.NextDouble();
    }

    /// <inheritdoc/>
    public override float NextSingle()
    {
        lock (_gate)
            return source.NextSingle();
    }

    /// <inheritdoc/>
    protected override double Sample() => NextDouble();
}
