BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'New-TorrentFile' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder $here -Size 300KB
        $script:torrent = Join-Path $here 'made.torrent'
    }

    It 'writes what Get-TorrentInfo reads, with all given options' {
        $file = New-TorrentFile $content.File -Destination $torrent -Tracker 'http://127.0.0.1:6969/announce', 'udp://127.0.0.1:6969' `
            -WebSeed 'http://127.0.0.1/data.bin' -PieceLength 32KB -Private -Comment 'a comment' -Source 'mark' -Name 'other name.bin'
        $info = $file | Get-TorrentInfo

        $file | Should -BeOfType IO.FileInfo
        $info | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentInfo
        $info.Name | Should -Be 'other name.bin'
        $info.Trackers | Should -Be 'http://127.0.0.1:6969/announce', 'udp://127.0.0.1:6969'
        $info.WebSeeds | Should -Be 'http://127.0.0.1/data.bin'
        $info.PieceLength | Should -Be 32KB
        $info.PieceCount | Should -Be 10
        $info.TotalSize | Should -Be 300KB
        $info.IsPrivate | Should -BeTrue
        $info.Comment | Should -Be 'a comment'
        $info.Source | Should -Be 'mark'
        $info.Version | Should -Be V1
        $info.InfoHash | Should -Match '^[0-9a-f]{40}$'
        $info.Files.Path | Should -Be 'other name.bin'
        $info.Files.Length | Should -Be 300KB
    }

    It 'makes the same torrent from the same files' {
        $one = New-TorrentFile $content.File -Destination $torrent
        $hash = (Get-FileHash $one).Hash
        (Get-FileHash (New-TorrentFile $content.File -Destination $torrent -Force)).Hash | Should -Be $hash
    }

    It 'accepts a folder, by value or by property name, and a folder to write to' {
        $out = Join-Path $here 'out'
        $null = New-Item -ItemType Directory -Path $out, (Join-Path $here 'tree/sub')
        'x' | Set-Content (Join-Path $here 'tree/sub/x.txt')
        $file = Get-Item (Join-Path $here 'tree') | New-TorrentFile -Destination $out

        $file.FullName | Should -Be (Join-Path $out 'tree.torrent')
        ($file | Get-TorrentInfo).Files.Path | Should -Be 'tree/sub/x.txt'
        (Join-Path $here 'tree' | New-TorrentFile -Destination $out -Force).Name | Should -Be 'tree.torrent'
    }

    It 'writes below the current location by default' {
        Push-Location $here
        try {
            (New-TorrentFile $content.File -Force).FullName | Should -Be (Join-Path $here 'data.bin.torrent')
        } finally {
            Pop-Location
        }
    }

    It 'reports <Case> as <Id> and writes nothing' -ForEach @(
        @{ Case = 'a missing file'; Id = 'SourceNotReadable'; Arguments = { @{ Path = Join-Path $here 'none' } } }
        @{ Case = 'a missing literal file'; Id = 'SourceNotReadable'; Arguments = { @{ LiteralPath = Join-Path $here 'none' } } }
        @{ Case = 'a piece length that is not a power of two'; Id = 'InvalidArgument'; Arguments = { @{ Path = $content.File; PieceLength = 20000 } } }
        @{ Case = 'an invalid tracker'; Id = 'InvalidArgument'; Arguments = { @{ Path = $content.File; Tracker = 'foo' } } }
        @{ Case = 'an invalid web seed'; Id = 'InvalidArgument'; Arguments = { @{ Path = $content.File; WebSeed = 'udp://x:1/' } } }
        @{
            Case      = 'a folder that is missing'
            Id        = 'DestinationNotWritable'
            Arguments = { @{ Path = $content.File; Destination = Join-Path $here 'none/made.torrent' } }
        }
    ) {
        $given = & $Arguments
        if (-not $given.Destination) {
            $given.Destination = $torrent
        }
        New-TorrentFile @given -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty

        $problem.FullyQualifiedErrorId | Should -Be "$Id,TorrentPatron.PowerShell.Commands.NewTorrentFileCommand"
        (Get-ChildItem $here -Recurse -File).Name | Sort-Object | Should -Be 'data.bin', 'data.bin.torrent'
    }

    It 'replaces a file only with -Force' {
        'precious' | Set-Content $torrent
        New-TorrentFile $content.File -Destination $torrent -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Get-Content $torrent | Should -Be 'precious'
        (New-TorrentFile $content.File -Destination $torrent -Force | Get-TorrentInfo).Name | Should -Be 'data.bin'
    }

    It 'with -WhatIf writes nothing' {
        New-TorrentFile $content.File -Destination $torrent -WhatIf | Should -BeNullOrEmpty
        $torrent | Should -Not -Exist
    }
}

Describe 'Get-TorrentInfo' {
    BeforeAll {
        $script:content = New-TestContent -Folder (Join-Path $TestDrive 'one') -Size 100KB
        $script:second = New-TestContent -Folder (Join-Path $TestDrive 'one') -Name 'b [2].bin' -Size 100KB
    }

    It 'reads a path, a pattern, a literal path, bytes and what comes down the pipeline' {
        (Get-TorrentInfo $content.Torrent).Name | Should -Be 'data.bin'
        (Get-TorrentInfo (Join-Path $TestDrive 'one/*.torrent')).Name | Should -Be 'b [2].bin', 'data.bin'
        (Get-TorrentInfo -LiteralPath $second.Torrent).Name | Should -Be 'b [2].bin'
        (Get-TorrentInfo -Content ([IO.File]::ReadAllBytes($content.Torrent))).Name | Should -Be 'data.bin'
        ($content.Torrent | Get-TorrentInfo).Name | Should -Be 'data.bin'
        (Get-ChildItem (Join-Path $TestDrive 'one') -Filter *.torrent | Get-TorrentInfo).Count | Should -Be 2
    }

    It 'reports each unreadable file, and reads the others' {
        $found = Get-TorrentInfo $content.File, $content.Torrent, (Join-Path $TestDrive 'none') -ErrorVariable problem -ErrorAction SilentlyContinue

        $found.Name | Should -Be 'data.bin'
        $problem.FullyQualifiedErrorId -replace ',.*' | Should -Be 'InvalidTorrent', 'SourceNotReadable'
        $problem[0].CategoryInfo.Category | Should -Be InvalidData
    }

    It 'refuses an incomplete address' {
        Get-TorrentInfo -Uri 'x.torrent' -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'UnsupportedSource,*'
    }

    It 'names the same files as patron does, whose .NET has no ICU' {
        # Two pairs of names that some file systems treat as equal: by composition, by case.
        $names = "caf`u{e9}", "cafe`u{301}", "`u{1c6}", "`u{1c4}"
        $files = -join ($names | ForEach-Object { 'd6:lengthi1e4:pathl' + [Text.Encoding]::UTF8.GetByteCount($_) + ":${_}ee" })
        $bytes = [Text.Encoding]::UTF8.GetBytes("d4:infod5:filesl${files}e4:name1:n12:piece lengthi16384e6:pieces20:$('x' * 20)ee")

        (Get-TorrentInfo -Content $bytes).Files.Path | Should -Be "n/caf`u{e9}", "n/cafe`u{301} (1)", "n/`u{1c6}", "n/`u{1c4} (1)"
    }

    It 'starts nothing and leaves no file' {
        $before = (Get-ChildItem $TestDrive -Recurse -File).FullName
        $null = Get-TorrentInfo $content.Torrent
        (Get-ChildItem $TestDrive -Recurse -File).FullName | Should -Be $before
        Get-TorrentStatus | Should -BeNullOrEmpty
    }
}
