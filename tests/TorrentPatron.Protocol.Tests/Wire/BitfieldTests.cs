using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class BitfieldTests
{
    [Fact]
    public void The_first_bit_is_the_highest_of_the_first_byte()
    {
        var field = new Bitfield(10);
        Assert.True(field.Set(0));
        Assert.True(field.Set(9));
        Assert.False(field.Set(9));

        Assert.Equal([0b1000_0000, 0b0100_0000], field.Bytes.ToArray());
        Assert.True(field[0] && field[9] && !field[1]);
        Assert.Equal(2, field.Count);
        Assert.True(field.Clear(0));
        Assert.False(field.Clear(0));
        Assert.Equal(1, field.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1313)]
    public void A_full_field_has_no_spare_bit_set_and_can_be_read(int length)
    {
        var field = new Bitfield(length);
        field.SetAll();

        Assert.True(field.IsFull);
        Assert.True(Bitfield.TryRead(field.Bytes, length, out Bitfield? read));
        Assert.Equal(length, read!.Count);
        field.ClearAll();
        Assert.True(field.IsEmpty);
        Assert.Equal(length, read.Count);
    }

    [Theory]
    [InlineData("80", 9)]
    [InlineData("8000", 8)]
    [InlineData("", 1)]
    [InlineData("00", 0)]
    [InlineData("81", 7)]
    [InlineData("8040", 9)]
    [InlineData("80", -1)]
    public void A_wrong_size_or_a_set_spare_bit_is_refused(string hex, int length)
    {
        Assert.False(Bitfield.TryRead(Convert.FromHexString(hex), length, out Bitfield? field));
        Assert.Null(field);
    }

    [Fact]
    public void A_clone_is_independent()
    {
        var field = new Bitfield(3);
        Bitfield clone = field.Clone();
        clone.Set(1);

        Assert.True(field.IsEmpty);
        Assert.Equal(1, clone.Count);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(63, 0.5)]
    [InlineData(64, 0.5)]
    [InlineData(65, 1)]
    [InlineData(1000, 0.01)]
    [InlineData(1000, 0.9)]
    public void Common_bits_of_two_fields_are_found_counted_and_enumerated(int length, double share)
    {
        var random = new Random(length);
        Bitfield left = RandomField(random, length, share), right = RandomField(random, length, share);
        int[] ones = [.. Enumerable.Range(0, length).Where(i => left[i])];
        int[] shared = [.. ones.Where(i => right[i])];

        Assert.Equal(ones, Walk(left.Ones));
        Assert.Equal(shared, Walk(left.InBoth(right)));
        Assert.Equal(shared.Length, left.CountInBoth(right));
        Assert.Equal(shared.Length > 0, left.Intersects(right));
        Assert.True(Bitfield.TryRead(left.Bytes, length, out Bitfield? read));
        Assert.Equal(ones.Length, read!.Count);
    }

    [Fact]
    public void Fields_of_different_lengths_are_not_compared()
    {
        Assert.Throws<ArgumentException>(() => new Bitfield(64).Intersects(new Bitfield(63)));
        Assert.Throws<ArgumentException>(() => new Bitfield(64).CountInBoth(new Bitfield(63)));
        Assert.Throws<ArgumentException>(() => Walk(new Bitfield(64).InBoth(new Bitfield(63))));
    }

    [Fact]
    public void Indices_out_of_range_are_refused()
    {
        var field = new Bitfield(3);
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Set(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Clear(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bitfield(-1));
    }

    private static int[] Walk(SetBits bits)
    {
        var indices = new List<int>();
        foreach (int index in bits)
            indices.Add(index);
        return [.. indices];
    }

    private static Bitfield RandomField(Random random, int length, double share)
    {
        var field = new Bitfield(length);
        for (int i = 0; i < length; i++)
        {
            if (random.NextDouble() < share)
                field.Set(i);
        }

        return field;
    }
}
