BeforeDiscovery {
    $script:root = Split-Path (Split-Path $PSScriptRoot)
    $script:pages = @('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md') +
        (Get-ChildItem (Join-Path $root docs), (Join-Path $root tests) -Recurse -Filter *.md |
            Where-Object FullName -NotMatch '[\\/](bin|obj|node_modules|artifacts)[\\/]' |
            ForEach-Object { [IO.Path]::GetRelativePath($root, $_.FullName) })
}

BeforeAll {
    $script:root = Split-Path (Split-Path $PSScriptRoot)

    # The lines of a page, without its blocks of code.
    function Get-Prose {
        param([string] $Page)

        $inCode = $false
        foreach ($line in Get-Content -LiteralPath (Join-Path $root $Page)) {
            if ($line.StartsWith('```')) {
                $inCode = -not $inCode
                ''
            } else {
                $inCode ? '' : $line
            }
        }
    }

    # The anchors of a page's headings, as GitHub makes them.
    function Get-Anchor {
        param([string] $Page)

        Get-Prose $Page | Where-Object { $_ -match '^#+ ' } |
            ForEach-Object { ($_ -replace '^#+ ').ToLowerInvariant() -replace '[^\w\- ]' -replace ' ', '-' }
    }

    function Invoke-Linter {
        param([string] $Name, [string[]] $Arguments)

        $tools = $env:TORRENTPATRON_DOCS_TOOLS
        if (-not $tools) {
            Set-ItResult -Skipped -Because "TORRENTPATRON_DOCS_TOOLS does not name the node_modules of build/Docs"
        }
        Push-Location $root
        try {
            $output = & (Join-Path $tools '.bin' $Name) @Arguments 2>&1
            [pscustomobject]@{ ExitCode = $LASTEXITCODE; Output = $output -join "`n" }
        } finally {
            Pop-Location
        }
    }
}

Describe '<_>' -ForEach $pages {
    BeforeAll {
        $script:page = $_
        $script:lines = @(Get-Prose $page)
    }

    It 'links only to files and headings that exist' {
        $folder = Split-Path (Join-Path $root $page)
        foreach ($link in [regex]::Matches($lines -join "`n", '\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)')) {
            $target, $anchor = $link.Groups[1].Value, $link.Groups[2].Value
            $path = $target ? (Join-Path $folder $target) : (Join-Path $root $page)
            $path | Should -Exist -Because "$page links to it"
            if ($anchor) {
                Get-Anchor ([IO.Path]::GetRelativePath($root, $path)) | Should -Contain $anchor -Because "$page links to it in $target"
            }
        }
    }

    It 'wraps its text at 120 characters, and no earlier' {
        $faults = for ($index = 0; $index + 1 -lt $lines.Count; $index++) {
            $line, $next = $lines[$index], $lines[$index + 1]
            $isText = $line.Trim() -and $line -notmatch '^(#|\||!\[|<)' -and $next.Trim() -and $next -notmatch '^(#|\||!\[|<|\s*([-*]|\d+\.) )'
            # A line must not begin with what Markdown reads as a list: such a word belongs to the one before.
            $word = [regex]::Match($next.Trim(), '^\S+( ([-*+]|\d+[.)])(?= |$))*').Value
            if ($isText -and $line.Length + 1 + $word.Length -le 120) {
                "$($index + 1): $line"
            }
            if ($line.Length -gt 120 -and $line -notmatch '^(#|\||!\[|<)') {
                "$($index + 1): $line"
            }
        }
        $faults | Should -BeNullOrEmpty
    }
}

Describe 'docs/protocol.md' {
    It 'names only code and tests that exist' {
        $rows = @(Get-Content (Join-Path $root docs/protocol.md) | Where-Object { $_ -match '^\| (\d|[A-Z][^|]*\| `)' })
        $rows.Count | Should -BeGreaterThan 30
        foreach ($row in $rows) {
            $null, $null, $code, $tests = $row -split '\|'
            foreach ($path in [regex]::Matches($code, '`([^`]+)`').ForEach({ $_.Groups[1].Value })) {
                Join-Path $root "src/TorrentPatron.$path" | Should -Exist
            }
            foreach ($path in [regex]::Matches($tests, '`([^`]+)`').ForEach({ $_.Groups[1].Value })) {
                Join-Path $root "tests/$path" | Should -Exist
            }
        }
    }
}

Describe 'The picture in README.md' {
    It 'is made by the commands that it shows' {
        $picture = [xml](Get-Content (Join-Path $root docs/images/session.svg) -Raw)
        $shown = $picture.svg.text.Where({ $_.InnerText.StartsWith('PS> ') }).ForEach({ $_.InnerText.Substring(4) })
        $script = Get-Content (Join-Path $root build/Picture/Write-Picture.ps1) -Raw

        $shown | Should -Not -BeNullOrEmpty
        foreach ($command in $shown) {
            $script.Replace('`$', '$').Contains($command) | Should -BeTrue -Because "the picture shows '$command'"
        }
    }
}

Describe 'The linters' {
    It 'find nothing in the Markdown' {
        $run = Invoke-Linter markdownlint-cli2 '--config', 'build/Docs/.markdownlint-cli2.jsonc'
        $run.ExitCode | Should -Be 0 -Because $run.Output
        $run.Output | Should -Match 'Linting: [5-9]\d'
    }

    It 'know every word of the pages and topics' {
        $run = Invoke-Linter cspell 'lint', '--no-progress', '--config', 'build/Docs/cspell.json'
        $run.ExitCode | Should -Be 0 -Because $run.Output
        $run.Output | Should -Match 'Files checked: [5-9]\d'
    }
}
