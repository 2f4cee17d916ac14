BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'Hints of a torrent' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder $here -Size 300KB
        $script:torrent = Join-Path $here 'made.torrent'
    }

    It 'are written and shown: similar torrents, collections, the address of updates' {
        $plain = New-TorrentFile $content.File -Destination $torrent | Get-TorrentInfo
        $similar = New-TorrentFile $content.File -Destination $torrent -Similar $plain.InfoHash, ('a' * 64) -Force | Get-TorrentInfo
        $info = New-TorrentFile $content.File -Destination $torrent -Collection org.example.a, b -UpdateUrl http://updates.example/a -Force | Get-TorrentInfo

        $similar.Similar | Should -Be $plain.InfoHash, ('a' * 64)
        $similar.InfoHash | Should -Be $plain.InfoHash -Because 'what is similar stands beside what is hashed'
        $info.Collections | Should -Be 'org.example.a', 'b'
        $info.UpdateUrl | Should -Be 'http://updates.example/a'
        $info.InfoHash | Should -Not -Be $plain.InfoHash
        $info | Out-String | Should -Match 'Collections\s*: org.example.a, b'
        $plain.Originator, $plain.UpdateUrl | Should -Be $null, $null
    }

    It 'are refused if invalid' {
        { New-TorrentFile $content.File -Destination $torrent -Similar x } | Should -Throw "*'x' is not an info hash*"
        New-TorrentFile $content.File -Destination $torrent -UpdateUrl ftp://a/ -ErrorVariable failure -ErrorAction SilentlyContinue |
            Should -BeNullOrEmpty
        "$failure" | Should -Match 'must begin with http:// or https://'
        $torrent | Should -Not -Exist
    }
}

Describe 'Data that is already on this machine' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder (Join-Path $here 'made') -Size 300KB
        $script:old = New-Item -ItemType Directory (Join-Path $here 'old')
        $script:renamed = Join-Path $old 'renamed.bin'
        Copy-Item $content.File $renamed
        $script:before = (Get-FileHash $renamed).Hash, (Get-Item $renamed).LastWriteTimeUtc
        $script:torrent = New-TorrentFile $content.File -Destination (Join-Path $here 'a.torrent') -PieceLength 32KB -Version 2
        $script:patron = New-TorrentPatron "reuse-$([guid]::NewGuid())" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'state')
    }

    AfterEach {
        Stop-TorrentPatron -Patron $patron
    }

    It 'is reused from a folder instead of being downloaded, under any name: -ReuseBy <_>' -ForEach 'Copy', 'HardLink' {
        $there = Join-Path $here 'there'

        $done = Start-Torrent $torrent $there -Patron $patron -Reuse $old -ReuseBy $_ -Wait -Timeout 120

        $done.IsComplete | Should -BeTrue
        $done.BytesReceived | Should -Be 0
        $done.BytesReused | Should -Be 300KB
        (Get-FileHash (Join-Path $there (Split-Path $content.File -Leaf))).Hash | Should -Be $before[0]
        (Get-FileHash $renamed).Hash, (Get-Item $renamed).LastWriteTimeUtc | Should -Be $before
        $done | Format-List | Out-String | Should -Match 'reused from this machine'
        $done | Remove-Torrent -Patron $patron -DeleteData -Confirm:$false
        $renamed | Should -Exist
    }

    It 'is reused from another torrent of the patron' {
        $album = New-Item -ItemType Directory (Join-Path $here 'album')
        Copy-Item $content.File (Join-Path $album 'track.bin')
        $second = New-TorrentFile $album -Destination (Join-Path $here 'b.torrent') -PieceLength 64KB -Version Hybrid
        $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $patron -Wait -Timeout 120

        $done = Start-Torrent $second (Join-Path $here 'there') -Patron $patron -Wait -Timeout 120

        $done.BytesReceived | Should -Be 0
        $done.BytesReused | Should -BeGreaterOrEqual 300KB
    }

    It 'is reused from a torrent that an earlier session has saved' {
        $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $patron -Wait -Timeout 120
        Stop-TorrentPatron -Patron $patron
        $album = New-Item -ItemType Directory (Join-Path $here 'album')
        Copy-Item $content.File (Join-Path $album 'track.bin')
        $second = New-TorrentFile $album -Destination (Join-Path $here 'b.torrent') -PieceLength 64KB -Version Hybrid
        $later = New-TorrentPatron "later-$([guid]::NewGuid())" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'state')
        try {
            $done = Start-Torrent $second (Join-Path $here 'there') -Patron $later -Wait -Timeout 120

            $done.BytesReceived | Should -Be 0
            $done.BytesReused | Should -BeGreaterOrEqual 300KB
            @(Get-TorrentStatus -Patron $later).Count | Should -Be 1
        } finally {
            Stop-TorrentPatron -Patron $later
        }
    }

    It 'is an error if the folder is missing, and a warning if the torrent already runs' {
        Start-Torrent $torrent $here -Patron $patron -Reuse "$here/none" -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$failure" | Should -Match 'does not exist, so its data cannot be reused'
        $null = Start-Torrent $torrent $here -Patron $patron
        $null = Start-Torrent $torrent -Patron $patron -Reuse $old -WarningVariable warning -WarningAction SilentlyContinue
        "$warning" | Should -Match 'is already running, so no data from other folders is reused'
    }
}
