BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content, $script:other, $script:peer = Start-TestSwarm
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Saved torrents' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    Context 'Restore-Torrent' {
        It 'restores the torrents of an earlier patron, with their location and options' {
            Skip-WithService 'its torrents run on when a patron is stopped, and nothing is to be restored'
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Tag kept -SeedRatio 2 -Timeout 120
            $null = Start-Torrent $other.Torrent -Destination "$files-elsewhere" -Patron $patron -Suspended -Tracker 'http://127.0.0.1:1/announce'
            $patron | Stop-TorrentPatron
            $script:patron = New-TestPatron -Name 'heir' -StatePath "$files-state"
            Restore-Torrent -Patron $patron -WhatIf | Should -BeNullOrEmpty
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            $restored = @(Restore-Torrent -Patron heir)

            $restored | Should -HaveCount 2
            $data = Get-TorrentStatus data.bin -Patron $patron | Wait-Torrent -Timeout 10
            $data.Destination | Should -Be $files
            $data.RecheckedPieces | Should -Be 0
            $data.Tags, $data.SeedRatio | Should -Be 'kept', 2
            $rest = Get-TorrentStatus other.bin -Patron $patron
            $rest.State, $rest.Destination | Should -Be Suspended, "$files-elsewhere"
            $rest.Trackers.Uri | Should -Be 'http://127.0.0.1:1/announce'
            Restore-Torrent -Patron $patron | Should -BeNullOrEmpty
        }

        It 'restores named torrents' {
            $started = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended
            $started | Stop-Torrent
            (Restore-Torrent 'OTH*' -Patron $patron).Name | Should -Be 'other.bin'
            (Restore-Torrent -InfoHash $started[0].InfoHash.Substring(0, 9) -Patron $patron).Name | Should -Be 'data.bin'
            Restore-Torrent 'no*' -Patron $patron | Should -BeNullOrEmpty
            Restore-Torrent 'nothing' -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -Be 'TorrentNotFound,TorrentPatron.PowerShell.Commands.RestoreTorrentCommand'
        }

        It 'reports torrents that another patron runs with the same state' {
            Skip-WithService 'all patrons of a state folder share its one service'
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $second = New-TestPatron -Name 'second' -StatePath "$files-state"
            Restore-Torrent -Patron $second -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $second | Stop-TorrentPatron
            $problem.FullyQualifiedErrorId | Should -BeLike 'TorrentInUse,*'
        }

        It 'completes names of saved torrents' {
            $null = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended | Stop-Torrent
            $line = 'Restore-Torrent -Patron leecher -Name '
            (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be 'other.bin'
        }
    }

    Context 'A piece that takes longer than a run of the torrent' {
        It 'continues after <Command>' -ForEach @(
            @{ Command = '$started | Stop-Torrent; Start-Torrent $torrent -Destination $files -Patron $patron -Peer $peer' }
            @{ Command = '$started | Suspend-Torrent; $started | Resume-Torrent' }
            @{ Command = 'Set-Torrent data.bin -Patron $patron -Destination "$files-elsewhere"' }
        ) {
            $torrent = "$files.torrent"
            $null = New-TorrentFile $content.File $torrent -PieceLength 4MB
            $seeder = New-TestPatron -Name 'slow' -StatePath "$files-seeder"
            $seeder | Set-TorrentPatron -MaxUploadRate 1MB
            $null = Start-Torrent $torrent -Destination $content.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop
            $peer = "127.0.0.1:$($seeder.Port)"
            $started = Start-Torrent $torrent -Destination $files -Patron $patron -Peer $peer
            foreach ($received in 500KB, 1500KB) {
                Wait-TestCondition { (Get-TorrentStatus data.bin -Patron $patron).BytesReceived -gt $received } | Should -BeTrue
                $null = . ([scriptblock]::Create($Command))
                $status = Get-TorrentStatus data.bin -Patron $patron
                $status.VerifiedPieces, $status.CompletedSize | Should -Be 0, 0
            }
            $seeder | Set-TorrentPatron -MaxUploadRate 0
            $null = Add-TorrentPeer data.bin $peer -Patron $patron
            $done = Wait-Torrent data.bin -Patron $patron -Timeout 120
            $seeder | Stop-TorrentPatron

            $done.IsComplete | Should -BeTrue
            $done.BytesReceived | Should -BeGreaterOrEqual 4MB
            $done.BytesReceived | Should -BeLessOrEqual (4MB + 128KB)
            Test-SameContent (Join-Path $done.Destination data.bin) $content.File | Should -BeTrue
        }
    }

    Context 'Get-TorrentStatus -Saved' {
        It 'shows saved torrents that do not run with their last status, and starts nothing' {
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Tag kept -SeedRatio 2 -Timeout 120
            $rest = Start-Torrent $other.Torrent -Destination "$files-elsewhere" -Patron $patron -Suspended -Tracker 'http://127.0.0.1:1/announce'
            Get-TorrentStatus -Saved -Patron $patron | Should -BeNullOrEmpty
            $done, $rest | Stop-Torrent
            $saved = Get-TorrentStatus -Saved -Patron $patron | Sort-Object Name

            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            $saved | Should -HaveCount 2
            $saved | Should -BeOfType TorrentPatron.Engine.Client.TorrentStatus
            $saved.Name | Should -Be 'data.bin', 'other.bin'
            $saved.State | Should -Be Stopped, Stopped
            $saved.Destination | Should -Be $files, "$files-elsewhere"
            $saved.PercentComplete | Should -Be 100, 0
            $saved[0].Tags, $saved[0].SeedRatio, $saved[0].BytesReceived | Should -Be 'kept', 2, 4MB
            $saved[1].Trackers.Uri | Should -Be 'http://127.0.0.1:1/announce'
            $saved[0].Path | Should -Be $done.Path
        }

        It 'finds by name, info hash, object, tag and progress, and reports unknown names' {
            $started = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended -Tag x
            $started | Stop-Torrent
            (Get-TorrentStatus other.bin -Saved -Patron $patron).Name | Should -Be 'other.bin'
            (Get-TorrentStatus 'o*' -Saved -Patron $patron).Name | Should -Be 'other.bin'
            (Get-TorrentStatus -InfoHash $started[0].InfoHash.Substring(0, 8) -Saved -Patron $patron).Name | Should -Be 'data.bin'
            (Get-TorrentStatus $started -Saved -Patron $patron).Name | Should -Be 'data.bin', 'other.bin'
            (Get-TorrentStatus -Saved -Tag x -Patron $patron).Count | Should -Be 2
            Get-TorrentStatus -Saved -Completed -Patron $patron | Should -BeNullOrEmpty
            Get-TorrentStatus nothing -Saved -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
        }

        It 'can be passed to Restore-Torrent, Start-Torrent and Remove-Torrent, by position and by the pipeline' {
            $null = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended | Stop-Torrent
            $saved = Get-TorrentStatus -Saved -Patron $patron | Sort-Object Name
            (Restore-Torrent $saved[0] -Patron $patron).State | Should -Be Suspended
            ($saved[1] | Start-Torrent -Suspended -Patron $patron).Destination | Should -Be $files
            Get-TorrentStatus -Patron $patron | Stop-Torrent
            Remove-Torrent $saved[0] -Patron $patron
            (Get-TorrentStatus -Saved -Patron $patron).Name | Should -Be 'other.bin'
        }
    }

    Context 'Start-Torrent -InfoHash' {
        It 'continues a saved torrent in its folder' {
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $done | Stop-Torrent
            $again = Start-Torrent -InfoHash $done.InfoHash.Substring(0, 10) -Patron $patron -Wait -Timeout 10

            $again.IsComplete | Should -BeTrue
            $again.Destination | Should -Be $files
            $again | Stop-Torrent
            ($done | Start-Torrent -Patron $patron).Destination | Should -Be $files
        }

        It 'joins a running torrent' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            (Start-Torrent -InfoHash $running.InfoHash -Patron $patron).InfoHash | Should -Be $running.InfoHash
            (Get-TorrentStatus -Patron $patron).State | Should -Not -Be Suspended
        }

        It 'refuses an invalid info hash' {
            Start-Torrent -InfoHash 'abc' -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        }
    }

    Context 'Get-TorrentInfo -InfoHash and ConvertTo-MagnetLink' {
        It 'find running and saved torrents' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            ($running | Get-TorrentInfo).Name | Should -Be 'data.bin'
            $running | Stop-Torrent
            (Get-TorrentInfo -InfoHash $running.InfoHash.Substring(0, 8) -Patron $patron).TotalSize | Should -Be 4MB
        }

        It 'make the same link from a file, its bytes, its info and the running torrent' {
            $torrent = New-TorrentFile $content.File -Destination "$files.torrent" -Tracker 'http://tracker.example/announce?key=1' -PieceLength 64KB
            $info = $torrent | Get-TorrentInfo
            $expected = "magnet:?xt=urn:btih:$($info.InfoHash)&dn=data.bin&tr=http%3A%2F%2Ftracker.example%2Fannounce%3Fkey%3D1"

            ConvertTo-MagnetLink "$files.torrent" | Should -Be $expected
            $torrent | ConvertTo-MagnetLink | Should -Be $expected
            ConvertTo-MagnetLink -Content ([IO.File]::ReadAllBytes($torrent)) | Should -Be $expected
            $info | ConvertTo-MagnetLink | Should -Be $expected
            ConvertTo-MagnetLink $torrent -NoTracker | Should -Be "magnet:?xt=urn:btih:$($info.InfoHash)&dn=data.bin"
            ConvertTo-MagnetLink $content.File -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidTorrent,*'
        }
    }

    Context 'Remove-Torrent' {
        It 'removes a torrent, and keeps its files' {
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $done | Remove-Torrent | Should -BeNullOrEmpty

            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            Restore-Torrent -Patron $patron | Should -BeNullOrEmpty
            $done.Path | Should -Exist
        }

        It 'deletes with -DeleteData the files that the torrent made, and no others' {
            $null = New-Item -ItemType Directory -Path $files
            'mine' | Set-Content (Join-Path $files 'mine.txt')
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $removed = $done | Remove-Torrent -DeleteData -Confirm:$false -PassThru

            $removed | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentRemoval
            $removed.TorrentName, $removed.FilesDeleted, $removed.BytesDeleted | Should -Be 'data.bin', 1, 4MB
            (Get-ChildItem $files).Name | Should -Be 'mine.txt'
        }

        It 'shows files and bytes with -WhatIf, and removes nothing, running or only saved' {
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            Get-WhatIfText { $done | Remove-Torrent -DeleteData -WhatIf } | Should -BeLike "*delete 1 file, 4.00 MiB in '$files': data.bin*"
            (Get-TorrentStatus -Patron $patron).Name | Should -Be 'data.bin'

            $done | Stop-Torrent
            Get-WhatIfText { Remove-Torrent data.bin -Patron $patron -DeleteData -WhatIf } |
                Should -BeLike "*delete 1 file, 4.00 MiB in '$files': data.bin*"
            $done.Path | Should -Exist
            Restore-Torrent -Patron $patron | Should -HaveCount 1
        }

        It 'reports and keeps files that existed before the torrent' {
            $mine = Join-Path $files 'data.bin'
            $null = New-Item -ItemType Directory -Path $files
            Copy-Item $content.File $mine
            $found = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Timeout 120
            ($found | Get-TorrentFile).IsOwn | Should -BeFalse
            Get-WhatIfText { $found | Remove-Torrent -DeleteData -WhatIf } | Should -BeLike '*delete no files*'
            $removed = $found | Remove-Torrent -DeleteData -Confirm:$false -PassThru -WarningVariable kept -WarningAction SilentlyContinue

            $removed.FilesDeleted | Should -Be 0
            $kept | Should -BeLike '*does not belong to the torrent*'
            $mine | Should -Exist
        }

        It 'asks only before deleting data, which stays if nobody can be asked' {
            $run = Invoke-TestScript "$files-child" @"
Import-Module '$(Get-TestModulePath)'
`$patron = New-TorrentPatron child -BindAddress 127.0.0.1 -StatePath '$files-child'
`$null = Start-Torrent '$($other.Torrent)' -Destination '$files' -Patron `$patron -Suspended
try { Get-TorrentStatus | Remove-Torrent -DeleteData -ErrorAction Stop; 'removed' } catch { 'asked' }
Get-TorrentStatus | Remove-Torrent
@(Get-TorrentStatus).Count
"@
            $run.Output | Should -Be 'asked', '0'
        }

        It 'removes saved torrents by name and by info hash' {
            $started = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended
            $started | Stop-Torrent
            Remove-Torrent other.bin -Patron $patron -WhatIf
            Remove-Torrent other.bin -Patron $patron
            Remove-Torrent -InfoHash $started[0].InfoHash -Patron $patron
            Restore-Torrent -Patron $patron | Should -BeNullOrEmpty
            Remove-Torrent other.bin -Patron $patron -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -Be 'TorrentNotFound,TorrentPatron.PowerShell.Commands.RemoveTorrentCommand'
        }

        It 'removes a saved torrent by a name with brackets, and none that the name would match as a pattern' {
            $odd = '[o]ther.bin', 'other.bin' | ForEach-Object { New-TestContent -Folder "$files-odd" -Name $_ -Size 20KB }
            $null = Start-Torrent -LiteralPath $odd.Torrent -Destination $files -Patron $patron -Suspended | Stop-Torrent
            Remove-Torrent '[o]ther.bin' -Patron $patron
            (Get-TorrentStatus -Saved -Patron $patron).Name | Should -Be 'other.bin'
            Remove-Torrent '[o]ther.bin' -Patron $patron
            (Get-TorrentStatus -Saved -Patron $patron).Name | Should -Be 'other.bin'
        }

        It 'raises Removed' {
            Register-TorrentEvent Removed gone -Patron $patron
            $running = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended
            $running | Remove-Torrent
            (Wait-Event gone -Timeout 10).SourceEventArgs.InfoHash | Should -Be $running.InfoHash
            Unregister-Event gone
            Remove-Event gone
        }
    }
}
