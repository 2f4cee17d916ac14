BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent
    $script:peer = Start-TestSeed $content
    $script:seeder = Get-TorrentPatron 'seeder-data.bin'

    # A torrent of several files, seeded by the same patron. Files do not share pieces.
    $script:album = Join-Path $TestDrive 'seed/album'
    New-TestFile ('one.mkv', 'two.mkv', 'readme.txt', 'extra/sample.mkv' | ForEach-Object { Join-Path $album $_ }) -Size 128KB
    $script:albumTorrent = (New-TorrentFile $album -Destination (Join-Path $TestDrive 'seed/album.torrent') -PieceLength 32KB).FullName
    $null = Start-Torrent $albumTorrent -Destination (Join-Path $TestDrive 'seed') -Patron $seeder -Timeout 120 -ErrorAction Stop
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Settings of torrents' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    Context 'Start-Torrent' {
        It 'downloads only the wanted files, from the first byte on' {
            $done = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Include *.mkv -Exclude *sample* -Timeout 120

            $done.IsComplete | Should -BeTrue
            $done.BytesReceived | Should -Be 256KB
            (Get-ChildItem $files -Recurse -File).Name | Sort-Object | Should -Be 'one.mkv', 'two.mkv'
            (Get-TorrentFile album -Patron $patron).Priority | Should -Be Skip, Normal, Skip, Normal
        }

        It 'leaves no trace of a skipped file that shares pieces with a wanted one, and uses its bytes when it is wanted' {
            # No file begins or ends at the boundary of a piece.
            $source = Join-Path $TestDrive ([guid]::NewGuid())
            $mix = Join-Path $source 'mix'
            New-TestFile "$mix/a.bin", "$mix/b.bin", "$mix/c.bin" -Size (100KB + 7)
            $torrent = (New-TorrentFile $mix -Destination (Join-Path $source 'mix.torrent') -PieceLength 64KB).FullName
            $null = Start-Torrent $torrent -Destination $source -Patron $seeder -Timeout 120 -ErrorAction Stop
            $done = Start-Torrent $torrent -Destination $files -Patron $patron -Peer $peer -Include b.bin -Timeout 120

            $done.IsComplete | Should -BeTrue
            (Get-ChildItem $files -Recurse -File).Name | Should -Be 'b.bin'
            $parts = Join-Path $files ".$($done.InfoHash).patron-parts"
            $parts | Should -Exist
            (Get-TorrentFile mix -Patron $patron).CompletedSize | Should -Be 0, (100KB + 7), 0

            Set-TorrentFile mix -Patron $patron -Priority Normal
            $all = Wait-Torrent mix -Patron $patron -Timeout 120
            $all.BytesReceived | Should -Be (3 * (100KB + 7))
            foreach ($name in 'a.bin', 'b.bin', 'c.bin') {
                Test-SameContent (Join-Path $files "mix/$name") (Join-Path $mix $name) | Should -BeTrue
            }
            Wait-TestCondition { -not (Test-Path $parts) } | Should -BeTrue

            Stop-Torrent mix -Patron $seeder
            Remove-Torrent mix -Patron $patron -DeleteData -Confirm:$false
            Get-ChildItem $files -Recurse -Force | Should -BeNullOrEmpty
        }

        It 'refuses a choice without files, with NothingSelected' {
            Start-Torrent $albumTorrent -Destination $files -Patron $patron -Include *.iso -ErrorVariable problem -ErrorAction SilentlyContinue |
                Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'NothingSelected,*'
        }

        It 'gives a torrent its limits, goals, order and tags, which its status shows' {
            $status = Start-Torrent $content.Torrent -Destination $files -Patron $patron -MaxDownloadRate 5MB -MaxUploadRate '1MB' -SeedRatio 1.5 `
                -SeedTime 2h -Sequential -SuperSeeding -Tag linux, nightly, Linux -Suspended

            $status.MaxDownloadRate, $status.MaxUploadRate | Should -Be 5MB, 1MB
            $status.SeedRatio, $status.SeedTime | Should -Be 1.5, ([timespan]'02:00')
            $status.Sequential, $status.SuperSeeding | Should -Be $true, $true
            $status.Tags | Should -Be 'linux', 'nightly'
        }

        It 'keeps the options of a running torrent that are not given' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -SeedRatio 1.5 -Tag keep -Suspended
            $again = Start-Torrent $content.Torrent -Destination $files -Patron $patron -MaxUploadRate 1MB -Suspended

            $status = Get-TorrentStatus -Patron $patron
            $status.SeedRatio | Should -Be 1.5
            $status.Tags | Should -Be 'keep'
            $again.InfoHash | Should -Be $status.InfoHash
        }

        It 'starts nothing that would leave less free space than -MinimumFreeSpace' {
            Start-Torrent $content.Torrent -Destination $files -Patron $patron -MinimumFreeSpace 100PB -ErrorVariable problem -ErrorAction SilentlyContinue |
                Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'InsufficientDiskSpace,*'
        }
    }

    Context 'Set-Torrent' {
        It 'changes limits, goals, order and tags, and keeps the rest' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tag old -SeedRatio 2 -Suspended
            $running | Set-Torrent -MaxDownloadRate 2MB -Tag new, other | Should -BeNullOrEmpty
            $set = Set-Torrent data.bin -Patron $patron -SeedTime '1d' -Sequential -SuperSeeding -PassThru

            $set.MaxDownloadRate, $set.MaxUploadRate | Should -Be 2MB, 0
            $set.Tags | Should -Be 'new', 'other'
            $set.SeedRatio, $set.SeedTime | Should -Be 2, ([timespan]'1.00:00')
            $set.Sequential, $set.SuperSeeding | Should -Be $true, $true

            $set = $running | Set-Torrent -Tag @() -SeedRatio $null -Sequential:$false -SuperSeeding:$false -PassThru
            $set.Tags | Should -BeNullOrEmpty
            $set.SeedRatio | Should -BeNullOrEmpty
            $set.SeedTime | Should -Be ([timespan]'1.00:00')
            $set.Sequential, $set.SuperSeeding | Should -Be $false, $false
        }

        It 'adds and removes tags, and keeps the others' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tag keep, old1, old2 -Suspended
            ($running | Set-Torrent -AddTag new, KEEP -RemoveTag 'old*', absent -PassThru).Tags | Should -Be 'keep', 'new'
            $running | Set-Torrent -RemoveTag new
            (Get-TorrentStatus -Patron $patron).Tags | Should -Be 'keep'
            Get-WhatIfText { $running | Set-Torrent -AddTag other -WhatIf } | Should -BeLike '*Set AddTag*'
            { $running | Set-Torrent -AddTag ('x' * 101) } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
        }

        It 'applies a limit at once' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -MaxDownloadRate 64KB
            $running | Add-TorrentPeer -Peer $peer
            $running | Wait-Torrent -Timeout 0.7 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $running | Set-Torrent -MaxDownloadRate 0
            ($running | Wait-Torrent -Timeout 120).IsComplete | Should -BeTrue
        }

        It 'refuses an unquoted 1d, which PowerShell reads as 1' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            { $running | Set-Torrent -SeedRatio -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError,*'
            { $running | Set-Torrent -SeedTime 1d } | Should -Throw -ExpectedMessage "*'1d' in quotes*"
        }

        It 'keeps the settings for the next session' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Set-Torrent -Tag saved -SeedRatio 3 -MaxUploadRate 1MB
            $running | Stop-Torrent
            $again = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended

            $again.Tags | Should -Be 'saved'
            $again.SeedRatio, $again.MaxUploadRate | Should -Be 3, 1MB
        }

        It 'with -WhatIf changes nothing and shows the change' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Set-Torrent -MaxDownloadRate 2MB -WhatIf
            (Get-TorrentStatus -Patron $patron).MaxDownloadRate | Should -Be 0
        }

        It 'without anything to change does nothing' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Set-Torrent -PassThru | Should -BeNullOrEmpty
        }

        It 'moves a torrent''s files to another folder, where it continues' {
            $running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $moved = $running | Set-Torrent -Destination "$files-moved" -PassThru

            $moved.Destination | Should -Be "$files-moved"
            $moved.IsComplete | Should -BeTrue
            Join-Path "$files-moved" 'album/one.mkv' | Should -Exist
            Join-Path $files 'album' | Should -Not -Exist
            Test-SameContent (Join-Path "$files-moved" 'album/one.mkv') (Join-Path $album 'one.mkv') | Should -BeTrue
            (Get-TorrentStatus album -Patron $patron).State | Should -Be Seeding
        }

        It '-WhatIf shows what would be moved, and moves nothing' {
            $running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            Get-WhatIfText { $running | Set-Torrent -Destination "$files-moved" -WhatIf } |
                Should -BeLike "*Move 4 files, 512 KiB from '$files' to '$files-moved'*album*"
            "$files-moved" | Should -Not -Exist
        }

        It 'leaves a torrent in its place when it cannot be moved' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $running | Set-Torrent -Destination (Join-Path $content.File 'below-a-file') -ErrorVariable problem -ErrorAction SilentlyContinue

            $problem.FullyQualifiedErrorId -replace ',.*' | Should -BeIn 'MoveFailed', 'DestinationNotWritable'
            (Get-TorrentStatus -Patron $patron).Destination | Should -Be $files
            $running.Path | Should -Exist
        }
    }

    Context 'Get-TorrentStatus' {
        It 'filters by state, completeness and tag' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tag linux -Suspended
            $null = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Tag music, 'to keep' -Timeout 120

            (Get-TorrentStatus -Patron $patron -State Suspended).Name | Should -Be 'data.bin'
            (Get-TorrentStatus -Patron $patron -State Seeding, Failed).Name | Should -Be 'album'
            (Get-TorrentStatus -Patron $patron -Completed).Name | Should -Be 'album'
            (Get-TorrentStatus -Patron $patron -Completed:$false).Name | Should -Be 'data.bin'
            (Get-TorrentStatus -Patron $patron -Tag 'to*').Name | Should -Be 'album'
            (Get-TorrentStatus -Patron $patron -Tag LINUX).Name | Should -Be 'data.bin'
            Get-TorrentStatus -Patron $patron -Tag none | Should -BeNullOrEmpty
            Get-TorrentStatus -Patron $patron -Stalled | Should -BeNullOrEmpty
            (Get-TorrentStatus -Patron $patron -Stalled:$false).Count | Should -Be 2
            (TabExpansion2 'Get-TorrentStatus -Tag ' -cursorColumn 23).CompletionMatches.CompletionText | Should -Be 'linux', 'music', "'to keep'"
        }
    }

    Context 'Get-TorrentFile and Set-TorrentFile' {
        It 'show files and their progress' {
            $null = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Exclude *.txt -Timeout 120
            $found = Get-TorrentFile album -Patron $patron

            $found | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentFile
            $found.Name | Should -Be 'album/extra/sample.mkv', 'album/one.mkv', 'album/readme.txt', 'album/two.mkv'
            $found.Index | Should -Be 0, 1, 2, 3
            $found | ForEach-Object Length | Should -Be (@(128KB) * 4)
            $found.PercentComplete | Should -Be 100, 100, 0, 100
            $found.IsComplete | Should -Be $true, $true, $false, $true
            $found.Priority | Should -Be Normal, Normal, Skip, Normal
            ($found[1] | Get-Item).Length | Should -Be 128KB
            (Get-TorrentFile album *.mkv -Exclude extra/* -Patron $patron).Name | Should -Be 'album/one.mkv', 'album/two.mkv'
            (Get-TorrentStatus album -Patron $patron | Get-TorrentFile -Include readme.txt).Index | Should -Be 2
        }

        It 'change what is wanted: by pattern, by index, and from the pipeline' {
            $running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Suspended
            Set-TorrentFile album *.mkv -Patron $patron -Only | Should -BeNullOrEmpty
            (Get-TorrentFile album -Patron $patron).Priority | Should -Be Normal, Normal, Skip, Normal
            ($running | Set-TorrentFile -Index 1, 3 -Priority High -PassThru).Priority | Should -Be High, High
            ($running | Get-TorrentFile).Priority | Should -Be Normal, High, Skip, High
            Get-TorrentFile album -Patron $patron | Where-Object Name -like *sample* | Set-TorrentFile -Priority Skip -Patron $patron
            (Get-TorrentFile album -Patron $patron).Priority | Should -Be Skip, High, Skip, High
            $running | Set-TorrentFile -Priority Low -WhatIf
            (Get-TorrentFile album -Patron $patron).Priority | Should -Be Skip, High, Skip, High
        }

        It 'let a complete torrent download newly wanted files' {
            $running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Include one.mkv -Timeout 120
            $running | Set-TorrentFile -Include two.mkv
            ($running | Wait-Torrent -Timeout 120).IsComplete | Should -BeTrue
            Test-SameContent (Join-Path $files 'album/two.mkv') (Join-Path $album 'two.mkv') | Should -BeTrue
        }

        It 'complete names of files' {
            $null = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Suspended
            $line = 'Get-TorrentFile -Patron leecher -Name album -Include album/o'
            (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be 'album/one.mkv'
        }
    }

    Context 'Get-TorrentPeer' {
        It 'shows connected peers, on both sides' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 64KB
            Wait-TestCondition { $running | Get-TorrentPeer } | Should -BeTrue
            $out = $running | Get-TorrentPeer
            $in = Get-TorrentPeer data.bin -Patron $seeder

            $out | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentPeer
            "$($out.EndPoint)" | Should -Be $peer
            $out.Client | Should -BeLike '*TorrentPatron*'
            $out.PercentComplete | Should -Be 100
            $out.IsIncoming | Should -BeFalse
            $out.Source | Should -Be Manual
            $out.TorrentName, $out.InfoHash | Should -Be 'data.bin', $running.InfoHash
            $in.IsIncoming | Should -BeTrue
            ($out | Out-String -Width 80) | Should -BeLike '*Torrent: data.bin*'
        }

        It 'shows with -Recent which peers left, when, by whom and why' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 64KB
            Wait-TestCondition { $running | Get-TorrentPeer } | Should -BeTrue
            $running | Get-TorrentPeer -Recent | Should -BeNullOrEmpty
            $running | Suspend-Torrent
            $left = @(Get-TorrentPeer data.bin -Patron $patron -Recent)

            $left.Count | Should -Be 1
            $left | Should -BeOfType TorrentPatron.PowerShell.Torrents.ClosedTorrentPeer
            "$($left.EndPoint)" | Should -Be $peer
            $left.Client | Should -BeLike '*TorrentPatron*'
            $left.ClosedAt.Kind | Should -Be Utc
            ([datetime]::UtcNow - $left.ClosedAt).TotalMinutes | Should -BeLessThan 5
            $left.ClosedBy, $left.Reason | Should -Be 'Us', 'The torrent is leaving the swarm.'
            ($left | Out-String -Width 100) | Should -BeLike '*Torrent: data.bin*The torrent is leaving the swarm.*'
            Wait-TestCondition { Get-TorrentPeer data.bin -Patron $seeder -Recent | Where-Object ClosedBy -ne Us } | Should -BeTrue
        }
    }

    Context 'Remove-TorrentTracker and Update-TorrentTracker' {
        BeforeAll {
            $script:tracker = Start-TestTracker
        }

        AfterAll {
            Stop-TestTracker $tracker
        }

        It 'announce at once, and remove trackers' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tracker $tracker.Uri, 'http://127.0.0.1:1/announce'
            Wait-TestCondition { ($running | Get-TorrentTracker -Uri $tracker.Uri).Status -eq 'Working' } | Should -BeTrue
            $before = $tracker.Queries.Count
            $running | Update-TorrentTracker -WhatIf
            Start-Sleep -Milliseconds 1100
            $running | Update-TorrentTracker -Uri $tracker.Uri
            Wait-TestCondition { $tracker.Queries.Count -gt $before } | Should -BeTrue
            Get-TorrentTracker -Patron $patron | Where-Object Status -eq Failed | Remove-TorrentTracker -WhatIf
            (Get-TorrentTracker -Patron $patron).Count | Should -Be 2
            Get-TorrentTracker -Patron $patron | Where-Object Status -eq Failed | Remove-TorrentTracker
            (Get-TorrentTracker -Patron $patron).Uri | Should -Be $tracker.Uri
            ($running | Remove-TorrentTracker -Uri '*' -PassThru).Trackers | Should -BeNullOrEmpty
        }
    }

    Context 'Test-Torrent' {
        It 'reports whether all is complete, and with -PassThru what is missing' {
            $running = Start-Torrent $albumTorrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $running | Test-Torrent | Should -BeTrue
            Suspend-Torrent album -Patron $patron
            $stream = [IO.File]::Open((Join-Path $files 'album/one.mkv'), 'Open', 'ReadWrite', 'ReadWrite')
            $stream.Position = 40KB
            $byte = $stream.ReadByte()
            $stream.Position = 40KB
            $stream.WriteByte($byte -bxor 1)
            $stream.Dispose()
            $found = Test-Torrent album -Patron $patron -PassThru

            $found | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentCheck
            $found.IsComplete | Should -BeFalse
            $found.BadPieces | Should -Be 5
            $found.BadFiles.Name | Should -Be 'album/one.mkv'
            Test-Torrent album -Patron $patron | Should -BeFalse
        }
    }

    Context 'Set-TorrentPatron' {
        It 'changes the given settings of a running engine' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $patron | Set-TorrentPatron -MaxDownloadRate 3MB -MaxPeers 9 | Should -BeNullOrEmpty
            $client = $patron.Service.Settings.Client

            $client.Limits.Download, $client.Limits.Upload, $client.MaxPeers | Should -Be 3MB, 0, 9
            $client.StatusInterval | Should -Be ([timespan]::FromSeconds(0.2))
            (Set-TorrentPatron leecher -MaxUploadRate 1MB -PassThru).Name | Should -Be 'leecher'
            $patron.Service.Settings.Client.Limits.Upload | Should -Be 1MB
            Set-TorrentPatron leecher -MaxUploadRate 2MB -WhatIf
            $patron.Service.Settings.Client.Limits.Upload | Should -Be 1MB
        }

        It 'shows its limits in Get-TorrentPatron' {
            $patron | Set-TorrentPatron -MaxDownloadRate 3M -MaxUploadRate 0 -MaxPeers 9 -MaxPeersPerTorrent 8 -StatusInterval 2s
            $shown = Get-TorrentPatron leecher

            $shown.MaxDownloadRate, $shown.MaxUploadRate, $shown.MaxPeers, $shown.MaxPeersPerTorrent | Should -Be 3MB, 0, 9, 8
            $shown.StatusInterval | Should -Be ([timespan]::FromSeconds(2))
            $list = $shown | Format-List | Out-String
            $list | Should -Match '(?m)^MaxDownloadRate +: 3.00 MiB/s'
            $list | Should -Match '(?m)^MaxUploadRate +: no limit'
            $list | Should -Match '(?m)^MaxPeers +: 9'
            $list | Should -Match '(?m)^MaxPeersPerTorrent +: 8'
        }

        It 'accepts <Text> as a rate' -ForEach @(
            @{ Text = '2M'; Bytes = 2MB }
            @{ Text = '500K'; Bytes = 500KB }
            @{ Text = '500KB'; Bytes = 500KB }
            @{ Text = '1.5MiB'; Bytes = 1.5MB }
            @{ Text = '2 MB/s'; Bytes = 2MB }
            @{ Text = '77'; Bytes = 77 }
        ) {
            (Set-TorrentPatron leecher -MaxUploadRate $Text -PassThru).MaxUploadRate | Should -Be $Bytes
            (Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended -MaxDownloadRate $Text).MaxDownloadRate | Should -Be $Bytes
            (Get-TorrentStatus -Patron $patron | Set-Torrent -MaxUploadRate $Text -MinimumFreeSpace $Text -PassThru).MaxUploadRate | Should -Be $Bytes
        }

        It 'refuses <_> as a rate, and says what it accepts' -ForEach 'fast', '-1', '2 Mbit/s' {
            { Set-TorrentPatron leecher -MaxUploadRate $_ } | Should -Throw "*'$_' is not a number of bytes*'500K'*"
        }

        It 'changes connections, the interval and what it is bound to' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $patron | Set-TorrentPatron -MaxPeersPerTorrent 7 -StatusInterval 1s -BindAddress 127.0.0.2 -SuggestPieces -ErrorAction Stop
            $client = $patron.Service.Settings.Client
            $client.SuggestPieces | Should -BeTrue
            $client.MaxPeersPerTorrent, $client.StatusInterval | Should -Be 7, ([timespan]'0:0:1')
            $patron.Engine.ListenEndPoints.Address | Should -Be '127.0.0.2'
            $patron | Set-TorrentPatron -SuggestPieces:$false -ErrorAction Stop
            $patron.Service.Settings.Client.SuggestPieces | Should -BeFalse
            $patron.Service.Settings.Client.MaxPeersPerTorrent | Should -Be 7
        }

        It 'accepts an announce address, and reports that marks cannot change while the engine runs' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $patron.Service.Settings.Client.CodePoint | Should -Be 1
            $patron | Set-TorrentPatron -AnnounceAddress 81.2.69.142 -ErrorAction Stop
            $patron.Service.Settings.Client.AnnounceAddress | Should -Be '81.2.69.142'
            $patron | Set-TorrentPatron -CodePoint 0 -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'NotSupported,*'
            { $patron | Set-TorrentPatron -CodePoint 64 } | Should -Throw
        }

        It 'reports NetworkDown while the bound interface is missing' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $patron | Set-TorrentPatron -BindInterface nosuch0 -ErrorAction Stop
            $patron.Engine.Warning.Id | Should -Be NetworkDown
            $patron.Engine.ListenEndPoints | Should -BeNullOrEmpty
            $patron | Set-TorrentPatron -BindInterface '' -ErrorAction Stop
            $patron.Engine.Warning | Should -BeNullOrEmpty
            $patron.Engine.ListenEndPoints.Address | Should -Be '127.0.0.1'
        }

        It 'keeps no refused value, so that the next change is made' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
            $listener.Start()
            try {
                $patron | Set-TorrentPatron -Port $listener.LocalEndpoint.Port -ErrorVariable problem -ErrorAction SilentlyContinue
                $problem.FullyQualifiedErrorId | Should -BeLike 'ListenFailed,*'
                $patron | Set-TorrentPatron -MaxPeers 9 -ErrorVariable problem -ErrorAction SilentlyContinue
                $problem | Should -BeNullOrEmpty
                (Get-TorrentPatron $patron.Name).MaxPeers | Should -Be 9
            } finally {
                $listener.Stop()
            }
        }

        It 'listens on another port' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $before = $patron.Port
            $patron | Set-TorrentPatron -Port -1
            $patron.Port | Should -BeNullOrEmpty
            $patron | Set-TorrentPatron -Port $before
            $patron.Port | Should -Be $before
        }

        It 'applies a limit over all torrents at once' {
            $patron | Set-TorrentPatron -MaxDownloadRate 64KB
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
            $running | Wait-Torrent -Timeout 0.7 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $patron | Set-TorrentPatron -MaxDownloadRate 0
            ($running | Wait-Torrent -Timeout 120).IsComplete | Should -BeTrue
        }
    }
}
