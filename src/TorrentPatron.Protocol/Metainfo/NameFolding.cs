using System.Text;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Compares names like file systems that ignore case and composition (APFS, partly NTFS, ext4 with casefold): two names that fold
/// to the same text may be one file there.
/// </summary>
/// <remarks>
/// It has its own tables. .NET's methods depend on the system's ICU, and do nothing under invariant globalization: the same
/// torrent would have differently named files on different machines or front ends.
/// </remarks>
public static partial class NameFolding
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11172;
    private const int HangulVowels = 21;
    private const int HangulTails = 28;

    /// <summary>Folds a name or a path: decomposed, its marks in canonical order, in upper case.</summary>
    /// <param name="name">Any text.</param>
    /// <returns>The same instance if there is nothing to fold.</returns>
    public static string Fold(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Ascii.IsValid(name) ? name.ToUpperInvariant() : FoldRunes(name);
    }

    private static string FoldRunes(string name)
    {
        var runes = new List<int>(name.Length + 8);
        foreach (Rune rune in name.EnumerateRunes())
            Decompose(rune.Value, runes);
        Reorder(runes);
        var folded = new StringBuilder(runes.Count);
        Span<char> units = stackalloc char[2];
        foreach (int rune in runes)
            folded.Append(units[..new Rune(ToUpper(rune)).EncodeToUtf16(units)]);
        return folded.Equals(name) ? name : folded.ToString();
    }

    private static void Decompose(int rune, List<int> into)
    {
        if (rune < 0xC0)
        {
            into.Add(rune);
            return;
        }

        if (rune is >= HangulFirst and < HangulFirst + HangulCount)
        {
            int syllable = rune - HangulFirst;
            into.Add(0x1100 + (syllable / (HangulVowels * HangulTails)));
            into.Add(0x1161 + (syllable / HangulTails % HangulVowels));
            if (syllable % HangulTails != 0)
                into.Add(0x11A7 + (syllable % HangulTails));
            return;
        }

        int row = FindRow(Decompositions, columns: 3, rune);
        if (row < 0 || Decompositions[row] != rune)
        {
            into.Add(rune);
            return;
        }

        Decompose(Decompositions[row + 1], into);
        if (Decompositions[row + 2] != 0)
            into.Add(Decompositions[row + 2]);
    }

    /// <summary>Sorts consecutive marks by their classes; those of one class keep their order.</summary>
    private static void Reorder(List<int> runes)
    {
        for (int i = 1; i < runes.Count; i++)
        {
            int mark = runes[i], markClass = ClassOf(mark);
            if (markClass == 0)
                continue;
            int at = i;
            for (; at > 0 && ClassOf(runes[at - 1]) > markClass; at--)
                runes[at] = runes[at - 1];
            runes[at] = mark;
        }
    }

    private static int ClassOf(int rune)
    {
        int row = FindRow(MarkClasses, columns: 3, rune);
        return row >= 0 && rune <= MarkClasses[row + 1] ? MarkClasses[row + 2] : 0;
    }

    private static int ToUpper(int rune)
    {
        if (rune < 0x80)
            return rune is >= 'a' and <= 'z' ? rune - ('a' - 'A') : rune;
        int row = FindRow(UpperCase, columns: 4, rune);
        return row >= 0 && rune <= UpperCase[row + 1] && (rune - UpperCase[row]) % UpperCase[row + 2] == 0 ? rune + UpperCase[row + 3] : rune;
    }

    /// <summary>The last row of a table whose first column does not exceed a value.</summary>
    /// <returns>Index of the row's first column; negative if there is none.</returns>
    private static int FindRow(ReadOnlySpan<int> table, int columns, int value)
    {
        int low = 0, high = (table.Length / columns) - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (table[middle * columns] <= value)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high * columns;
    }
}
