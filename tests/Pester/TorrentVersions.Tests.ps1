BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
}

Describe 'Torrents of version 2 and hybrids' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:content = New-TestContent -Folder $here -Size 300KB
        $script:torrent = Join-Path $here 'made.torrent'
    }

    It 'are made and read: -Version <Given> gives <Version>' -ForEach @(
        @{ Given = '1'; Version = 'V1'; V1 = '^[0-9a-f]{40}$'; V2 = '^$' }
        @{ Given = 2; Version = 'V2'; V1 = '^[0-9a-f]{64}$'; V2 = '^[0-9a-f]{64}$' }
        @{ Given = 'Hybrid'; Version = 'Hybrid'; V1 = '^[0-9a-f]{40}$'; V2 = '^[0-9a-f]{64}$' }
    ) {
        $info = New-TorrentFile $content.File -Destination $torrent -Version $Given -PieceLength 32KB | Get-TorrentInfo

        $info.Version | Should -Be $Version
        $info.InfoHash | Should -Match $V1
        "$($info.InfoHashV2)" | Should -Match $V2
        $info.TotalSize | Should -Be 300KB
        $info.PieceCount | Should -Be 10
    }

    It 'have links with each of their hashes' {
        $info = New-TorrentFile $content.File -Destination $torrent -Version Hybrid | Get-TorrentInfo
        $link = ConvertTo-MagnetLink $torrent
        $link | Should -Match ([regex]::Escape("xt=urn:btih:$($info.InfoHash)"))
        $link | Should -Match ([regex]::Escape("xt=urn:btmh:1220$($info.InfoHashV2)"))

        $info = New-TorrentFile $content.File -Destination $torrent -Version 2 -Force | Get-TorrentInfo
        $link = ConvertTo-MagnetLink $torrent
        $link | Should -Match ([regex]::Escape("xt=urn:btmh:1220$($info.InfoHashV2)"))
        $link | Should -Not -Match 'btih'
    }

    It 'are seeded, downloaded and checked: <_>' -ForEach 'V2', 'Hybrid' {
        $null = New-TorrentFile $content.File -Destination $torrent -Version $_ -PieceLength 32KB
        $seeder = New-TorrentPatron "seeder-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'seeder')
        $other = New-TorrentPatron "other-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'other')
        try {
            $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $seeder -Wait -Timeout 120
            $there = Join-Path $here 'there'
            $done = Start-Torrent $torrent $there -Patron $other -Peer "127.0.0.1:$($seeder.Port)" -Wait -Timeout 120

            $done.IsComplete | Should -BeTrue
            (Get-FileHash (Join-Path $there (Split-Path $content.File -Leaf))).Hash | Should -Be (Get-FileHash $content.File).Hash
            Get-TorrentStatus -Patron $other | Test-Torrent -Patron $other | Should -BeTrue
        } finally {
            $seeder, $other | Stop-TorrentPatron
        }
    }

    It 'are one torrent with a link with only a v2 hash, in either order' {
        $info = New-TorrentFile $content.File -Destination $torrent -Version Hybrid -PieceLength 32KB | Get-TorrentInfo
        $link = "magnet:?xt=urn:btmh:1220$($info.InfoHashV2)"
        $patron = New-TestPatron 'one' -StatePath (Join-Path $here 'one')
        try {
            $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $patron -Wait -Timeout 120
            (Start-Torrent -Uri $link -Destination $here -Patron $patron).InfoHash | Should -Be $info.InfoHash
            @(Get-TorrentStatus -Patron $patron).Count | Should -Be 1
            Get-TorrentStatus -Patron $patron | Remove-Torrent -Patron $patron

            $null = Start-Torrent -Uri $link -Destination (Split-Path $content.File) -Patron $patron
            $done = Start-Torrent $torrent -Patron $patron -Wait -Timeout 120
            $done.InfoHash | Should -Be $info.InfoHashV2
            @(Get-TorrentStatus -Patron $patron).Count | Should -Be 1
            Get-TorrentStatus -Patron $patron | Stop-Torrent -Patron $patron

            # The saved torrent continues with the same id.
            $again = Start-Torrent $torrent -Destination (Split-Path $content.File) -Patron $patron -Wait -Timeout 120
            $again.InfoHash | Should -Be $info.InfoHashV2
            $again.RecheckedPieces | Should -Be 0
        } finally {
            $patron | Stop-TorrentPatron
        }
    }

    It 'are found by each of their hashes when they were started by <_>' -ForEach 'the torrent', 'its v2 hash' {
        $info = New-TorrentFile $content.File -Destination $torrent -Version Hybrid -PieceLength 32KB | Get-TorrentInfo
        $name = Split-Path $content.File -Leaf
        $patron = New-TestPatron 'one' -StatePath (Join-Path $here 'one')
        try {
            if ($_ -eq 'its v2 hash') {
                $null = Start-Torrent -Uri "magnet:?xt=urn:btmh:1220$($info.InfoHashV2)" -Destination (Split-Path $content.File) -Patron $patron
            }

            $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $patron -Wait -Timeout 120
            $status = Get-TorrentStatus -Patron $patron
            ($status.InfoHash, $status.OtherInfoHash | Sort-Object Length) | Should -Be $info.InfoHash, $info.InfoHashV2
            foreach ($hash in $info.InfoHash, $info.InfoHashV2) {
                foreach ($text in $hash, $hash.Substring(0, 7)) {
                    (Get-TorrentStatus -InfoHash $text -Patron $patron).InfoHash | Should -Be $status.InfoHash
                    (Get-TorrentFile -InfoHash $text -Patron $patron).Name | Should -Be $name
                    (Set-Torrent -InfoHash $text -Tag $text -PassThru -Patron $patron).Tags | Should -Be $text
                    (Wait-Torrent -InfoHash $text -Timeout 60 -Patron $patron).Name | Should -Be $name
                    (Get-TorrentInfo -InfoHash $text -Patron $patron).Name | Should -Be $name
                    $line = "Wait-Torrent -Patron one -InfoHash $($hash.Substring(0, 7))"
                    (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be $hash
                }

                Register-TorrentEvent StateChanged "by $hash" -Patron $patron -InfoHash $hash.Substring(0, 7)
                Register-TorrentEvent StateChanged "with $hash" -Patron $patron -InputObject ([pscustomobject]@{ InfoHash = $hash })
                $null = Suspend-Torrent -InfoHash $hash -Patron $patron
                (Wait-Event "by $hash" -Timeout 20).SourceEventArgs.Status.Name | Should -Be $name
                (Wait-Event "with $hash" -Timeout 20).SourceEventArgs.Status.Name | Should -Be $name
                Unregister-Event "by $hash"
                Unregister-Event "with $hash"

                Stop-Torrent -InfoHash $hash.Substring(0, 7) -Patron $patron
                foreach ($text in $hash, $hash.Substring(0, 7)) {
                    $saved = Get-TorrentStatus -Saved -InfoHash $text -Patron $patron
                    $saved.InfoHash, $saved.OtherInfoHash | Should -Be $status.InfoHash, $status.OtherInfoHash
                }

                (Restore-Torrent -InfoHash $hash.Substring(0, 7) -Patron $patron).InfoHash | Should -Be $status.InfoHash
                Resume-Torrent -InfoHash $hash -Patron $patron
            }

            Remove-Torrent -InfoHash $info.InfoHashV2.Substring(0, 7) -Patron $patron
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            Get-TorrentStatus -Saved -Patron $patron | Should -BeNullOrEmpty
        } finally {
            Get-EventSubscriber | Unregister-Event
            $patron | Stop-TorrentPatron
        }
    }

    It 'continue from a link with only a v2 hash if they are saved' {
        $info = New-TorrentFile $content.File -Destination $torrent -Version Hybrid -PieceLength 32KB | Get-TorrentInfo
        $link = "magnet:?xt=urn:btmh:1220$($info.InfoHashV2)"
        $patron = New-TestPatron 'one' -StatePath (Join-Path $here 'one')
        try {
            $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $patron -Tag kept -Wait -Timeout 120
            Get-TorrentStatus -Patron $patron | Stop-Torrent -Patron $patron

            $again = Start-Torrent -Uri $link -Destination (Split-Path $content.File) -Patron $patron -Wait -Timeout 120
            $again.InfoHash | Should -Be $info.InfoHash
            $again.Tags | Should -Be 'kept'
            $again.RecheckedPieces | Should -Be 0
            @(Get-TorrentStatus -Patron $patron).Count | Should -Be 1
        } finally {
            $patron | Stop-TorrentPatron
        }
    }

    It 'start from a link with only a v2 hash: <_>' -ForEach 'V2', 'Hybrid' {
        $info = New-TorrentFile $content.File -Destination $torrent -Version $_ -PieceLength 32KB | Get-TorrentInfo
        $seeder = New-TorrentPatron "seeder-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'seeder')
        $other = New-TorrentPatron "other-$_" -BindAddress 127.0.0.1 -StatePath (Join-Path $here 'other')
        try {
            $null = Start-Torrent $torrent (Split-Path $content.File) -Patron $seeder -Wait -Timeout 120
            $there = Join-Path $here 'there'
            $done = Start-Torrent -Uri "magnet:?xt=urn:btmh:1220$($info.InfoHashV2)" -Destination $there -Patron $other `
                -Peer "127.0.0.1:$($seeder.Port)" -Wait -Timeout 120

            $done.IsComplete | Should -BeTrue
            $done.InfoHash | Should -Be $info.InfoHashV2
            (Get-FileHash (Join-Path $there (Split-Path $content.File -Leaf))).Hash | Should -Be (Get-FileHash $content.File).Hash
        } finally {
            $seeder, $other | Stop-TorrentPatron
        }
    }
}
