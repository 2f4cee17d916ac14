# Writes wildcards.tsv: what PowerShell's own WildcardPattern says of odd patterns, for WildcardPatternTests.
# Run under pwsh, from anywhere; the same version writes the same file.
# A line: the pattern, the text, and '+' where it matches, '-' where not, '!' where the pattern is not valid. \uXXXX is a character.
$options = [Management.Automation.WildcardOptions]'IgnoreCase, CultureInvariant'

function Get-Verdict {
    param([string] $Pattern, [string] $Text)

    try {
        if ([Management.Automation.WildcardPattern]::new($Pattern, $options).IsMatch($Text)) { '+' } else { '-' }
    } catch {
        '!'
    }
}

function ConvertTo-Field {
    param([string] $Text)

    -join ($Text.ToCharArray() | ForEach-Object { if ([int]$_ -in 33..91 + 93..126) { $_ } else { '\u{0:x4}' -f [int]$_ } })
}

$chosen = @(
    ('', ''), ('', 'a'), ('*', ''), ('*', 'any/thing'), ('?', ''), ('?', 'a'), ('a?c', 'abc'), ('*.MKV', 'Film.mkv'), ('*.mkv', 'film.mkv.txt'),
    ('s0[1-3]e*', 's02e07.mkv'), ('[abc]x', 'Bx'), ('[A-C]x', 'bx'), ('[a-]x', '-x'), ('[-a]x', '-x'), ('[a`-c]x', 'bx'), ('[a`-c]x', '-x'),
    ('[]]x', ']x'), ('[]', '[]'), ('[]a]', 'a'), ('[`]]', ']'), ('[[]', '['), ('[[-a]', '_'), ('[A-[]', '['), ('[+-[]x]', '['), ('[z-a]', 'b'),
    ('[*]x', '*x'), ('[?]x', '?x'), ('[^a]', 'b'), ('[^a]', '^'), ('[!a]', '!'), ('a[b', 'a[b'), ('[ab', 'a'), ('abc]', 'abc]'), ('`[a`]', '[a]'),
    ('`[a', '[a'), ('`*', '*'), ('`*', 'a'), ('`?', '?'), ('``', '`'), ('```[', '`['), ('a`', 'a`'), ('a`', 'a'), ('`', ''), ('`', '`'), ('`a', 'a'),
    ('*`', 'x`'), ('[a`', 'a'), ('[`a]', 'a'), ('[``]', '`'), ('[\d]', '\'), ('[\d]', '7'), ('[\]]', '\]'), ('a.c', 'abc'), ('(a|b)*', '(a|b)c'),
    ('$a^*?', '$a^b'), ('[a-c-e]', 'd'), ('[a-c-e]', '-'), ('[a-b-c]', 'c'), ('a*a', 'a'), ('a*a', 'aa'), ('**a**', 'a'), ('*a*b*c*', 'xxaxxbxxcxx'),
    ('*a*b*c*', 'cba'), ("a?b", "a`nb"), ("a*b", "a`r`nb"), ("[`n]", "`n"), ('[k]x', "`u{212a}x"), ("[`u{212a}]x", 'kx'), ('k?', "`u{212a}x"),
    ("`u{212a}?", 'kx'), ('[s]?', "`u{17f}x"), ('s?', "`u{17f}x"), ('[i]?', "`u{131}x"), ('[i]?', "`u{130}x"), ('i?', "`u{130}x"), ("[`u{130}]?", 'ix'),
    ("[`u{3c3}]?", "`u{3c2}x"), ("`u{3c3}?", "`u{3c2}x"), ("`u{3a3}?", "`u{3c3}x"), ("[`u{e4}-`u{f6}]?", "`u{d6}x"), ("[`u{c4}-`u{d6}]?", "`u{f6}x"),
    ("`u{c4}?`u{d6}", "`u{e4}x`u{f6}"), ("[A-`u{212b}]?", "`u{e5}x"), ("[`u{1c5}]?", "`u{1c6}x"), ("`u{1f600}?", "`u{1f600}x"), ('??', "`u{1f600}"),
    ("[`u{1f600}]?", "`u{1f600}"), ("`u{10400}?", "`u{10428}x"), ("[`u{df}]?", "`u{1e9e}x"), ("`u{1e9e}?", "`u{df}x"), ("*e`u{301}", "`u{e9}"),
    ('[Z-a]', '_'), ('[Z-a]', 'z'), ('[Z-a]', 'A'), ('[a-Z]', 'b'), ('[9-A]', 'a'), ('[ -~]', 'Q'), ('[!--]', '#'), ('[---]', '-'), ('[--]', '-')
)

# Short ones of the characters that mean something, so that many are valid and many match. A seed, so that they stay the same.
$random = [Random]::new(12)
$ofPattern = @('a', 'b', 'c', 'K', '*', '*', '?', '[', '[', ']', ']', '-', '-', '`', '^', '!', '\', '/', "`u{e9}", "`u{212a}", "`u{130}")
$ofText = @('a', 'b', 'C', 'k', '*', '?', '[', ']', '-', '`', '^', '\', '/', "`u{c9}", "`u{131}")
$made = foreach ($number in 1..6000) {
    $pattern = -join (1..$random.Next(1, 9) | ForEach-Object { $ofPattern[$random.Next($ofPattern.Count)] })
    # Some of the pattern's own characters, so that it may match.
    $text = -join $(foreach ($c in $pattern.ToCharArray()) {
        if ($c -in '*', '?') { $ofText[$random.Next($ofText.Count)] } elseif ($random.Next(10) -lt 6) { $c }
    })
    # A plain text, and a plain text with one star at its end, are compared by the language's rules: the tests have none.
    if ($pattern -cmatch '^[^*?\[\]`]*\*?$' -and $pattern -cmatch '[^\x00-\x7f]') {
        continue
    }
    , ($pattern, $text)
}

$lines = foreach ($pair in $chosen + $made) {
    (ConvertTo-Field $pair[0]), (ConvertTo-Field $pair[1]), (Get-Verdict $pair[0] $pair[1]) -join "`t"
}
$most = @{ '+' = 800; '-' = 600; '!' = 300 }
$kept = $lines | Select-Object -Unique | Group-Object { $_[-1] } | ForEach-Object { $_.Group | Select-Object -First $most["$($_.Name)"] }
[IO.File]::WriteAllText((Join-Path $PSScriptRoot 'wildcards.tsv'), ($kept -join "`n") + "`n")
