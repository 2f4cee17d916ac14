# Cmdlets that write .torrent files: for running and saved torrents, for magnet links, and from records of a table.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Name 'a [1].bin' -Size 200KB
    $script:peer = Start-TestSeed $content
    $script:link = ConvertTo-MagnetLink -LiteralPath $content.Torrent
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Export-TorrentFile' {
    BeforeAll {
        $script:out = Join-Path $TestDrive 'out'
        $null = New-Item -ItemType Directory $out
        $script:patron = New-TestPatron -Name 'runner' -StatePath (Join-Path $TestDrive 'state')
        $script:running = Start-Torrent -LiteralPath $content.Torrent -Destination (Join-Path $TestDrive 'files') -Patron $patron -Suspended
    }

    It 'writes the .torrent of a running torrent and of a saved one' {
        $file = Export-TorrentFile $running $out -Patron $patron
        $file | Should -BeOfType IO.FileInfo
        $file.FullName | Should -Be (Join-Path $out 'a [1].bin.torrent')
        Test-SameContent $file.FullName $content.Torrent | Should -BeTrue

        $running | Stop-Torrent
        $saved = Get-TorrentStatus -Saved -Patron $patron | Export-TorrentFile -Destination (Join-Path $out 'saved.torrent') -Patron $patron
        Test-SameContent $saved.FullName $content.Torrent | Should -BeTrue
        (Export-TorrentFile 'a*' (Join-Path $out 'named.torrent') -Patron $patron) | Should -BeNullOrEmpty -Because 'a pattern is of those that run'
        (Export-TorrentFile 'a [1].bin' (Join-Path $out 'named.torrent') -Patron $patron).Name | Should -Be 'named.torrent'
    }

    It 'replaces nothing without -Force, shows with -WhatIf what it would write, and reports unknown torrents' {
        $there = Join-Path $out 'there.torrent'
        'mine' | Set-Content $there
        Export-TorrentFile 'a [1].bin' $there -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Get-Content $there | Should -Be 'mine'
        Get-WhatIfText { Export-TorrentFile 'a [1].bin' $there -Force -Patron $patron -WhatIf } | Should -BeLike '*Write the .torrent of*there.torrent*'
        Get-Content $there | Should -Be 'mine'
        Export-TorrentFile 'a [1].bin' $there -Force -Patron $patron | Should -HaveCount 1
        Test-SameContent $there $content.Torrent | Should -BeTrue
        Export-TorrentFile '[abc].bin' $out -Patron $patron | Should -BeNullOrEmpty
        Export-TorrentFile nosuch $out -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
    }

    It 'is an error for a link without metadata' {
        $linked = Start-Torrent "magnet:?xt=urn:btih:$('a' * 40)" -Destination $TestDrive -Patron $patron -Suspended
        $linked | Export-TorrentFile -Destination $out -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'MetadataMissing,*'
    }
}

Describe 'Save-TorrentMetadata' {
    BeforeEach {
        $script:folder = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-Item -ItemType Directory $folder
        $script:asker = New-TestPatron -Name 'asker' -StatePath "$folder-state"
    }

    AfterEach {
        $asker | Stop-TorrentPatron
    }

    It 'writes the .torrent of a link, and leaves nothing else' {
        $file = Save-TorrentMetadata $link $folder -Peer $peer -Patron $asker -Timeout 120
        $file.FullName | Should -Be (Join-Path $folder 'a [1].bin.torrent')
        (Get-TorrentInfo -LiteralPath $file.FullName).InfoHash | Should -Be (Get-TorrentInfo -LiteralPath $content.Torrent).InfoHash
        (Get-ChildItem -LiteralPath $folder).Name | Should -Be 'a [1].bin.torrent'
        Get-TorrentStatus -Patron $asker | Should -BeNullOrEmpty
        Get-TorrentStatus -Saved -Patron $asker | Should -BeNullOrEmpty
    }

    It 'accepts links from the pipeline, and records with their own destination' {
        [pscustomobject]@{ Uri = $link; Destination = "$folder/own.torrent"; Peer = $peer } | Save-TorrentMetadata -Patron $asker -Timeout 120 |
            Should -HaveCount 1
        "$folder/own.torrent" | Should -Exist
        ($link | Save-TorrentMetadata -Destination "$folder/piped.torrent" -Peer $peer -Patron $asker -Timeout 120).Name | Should -Be 'piped.torrent'
    }

    It 'times out after -Timeout, for each link separately, and replaces nothing without -Force' {
        $dead = "magnet:?xt=urn:btih:$('b' * 40)"
        $made = $dead, $link | Save-TorrentMetadata -Destination "$folder/x.torrent" -Peer $peer -Patron $asker -Timeout 3 -ErrorVariable problem `
            -ErrorAction SilentlyContinue
        $made.Name | Should -Be 'x.torrent'
        $problem.FullyQualifiedErrorId | Should -BeLike 'MetadataTimeout,*'
        Save-TorrentMetadata $link "$folder/x.torrent" -Peer $peer -Patron $asker -Timeout 120 -ErrorVariable problem -ErrorAction SilentlyContinue |
            Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -BeLike 'FileExists,*'
        Save-TorrentMetadata $link $folder -Patron $asker -WhatIf | Should -BeNullOrEmpty
        (Get-ChildItem -LiteralPath $folder).Name | Should -Be 'x.torrent'
    }
}

Describe 'New-TorrentFile' {
    It 'reads properties of records that are named like parameters' {
        $made = [pscustomobject]@{ LiteralPath = $content.File; Destination = "$TestDrive/one.torrent"; Tracker = 'http://127.0.0.1:1/announce'
            Comment = 'first'; Private = 'True'; PieceLength = '32K' },
        [pscustomobject]@{ LiteralPath = $content.File; Destination = "$TestDrive/two.torrent"; Tracker = ''; Comment = ''; Private = ''; PieceLength = '' } |
            New-TorrentFile -Source both
        $one, $two = $made | Get-TorrentInfo
        $one.Trackers, $one.Comment, $one.IsPrivate, $one.PieceLength, $one.Source | Should -Be 'http://127.0.0.1:1/announce', 'first', $true, 32KB, 'both'
        $two.Trackers | Should -BeNullOrEmpty
        $two.Comment, $two.IsPrivate, $two.Source | Should -Be $null, $false, 'both'
    }
}

Describe 'A .torrent that was written' {
    It 'is shown like any other file, wherever the location is' {
        $folder = Join-Path $TestDrive 'shown'
        $null = New-Item -ItemType Directory $folder
        'some bytes' | Set-Content "$folder/data"
        Push-Location Env:
        try {
            $made = New-TorrentFile "$folder/data" "$folder/made.torrent"
        } finally {
            Pop-Location
        }
        $runner = New-TestPatron -Name 'shown' -StatePath "$folder-state"
        $running = Start-Torrent -LiteralPath $made.FullName -Destination $folder -Patron $runner
        $exported = $running | Export-TorrentFile -Destination "$folder/exported.torrent"
        $runner | Stop-TorrentPatron

        foreach ($file in $made, $exported) {
            $file | Should -BeOfType IO.FileInfo
            # As text: the table that users see, with mode, user and size on Unix.
            ($file | Out-String) | Should -Be (Get-Item -LiteralPath $file.FullName | Out-String)
            $file.PSPath | Should -Be (Get-Item -LiteralPath $file.FullName).PSPath
        }
    }
}
