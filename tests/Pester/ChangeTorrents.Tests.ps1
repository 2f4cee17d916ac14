BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content, $script:other, $script:peer = Start-TestSwarm
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Changing running torrents' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    Context 'Suspend-Torrent and Resume-Torrent' {
        It 'suspend and resume torrents: by name, by info hash, and from the pipeline' {
            $running = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron

            (Suspend-Torrent data* -Patron $patron -PassThru).State | Should -Be Suspended
            ($running[1] | Suspend-Torrent -PassThru).State | Should -Be Suspended
            (Get-TorrentStatus -Patron $patron).State | Should -Be Suspended, Suspended
            $hash = $running[1].InfoHash
            ([pscustomobject]@{ InfoHash = $hash } | Resume-Torrent -PassThru).State | Should -Not -Be Suspended
            (Resume-Torrent -InfoHash $running[0].InfoHash.Substring(0, 8) -Patron $patron -PassThru).State | Should -Not -Be Suspended
        }

        It 'continue to the end after a suspension' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Suspended
            $running | Resume-Torrent | Should -BeNullOrEmpty

            $done = $running | Wait-Torrent -Timeout 120
            Test-SameContent $done.Path $content.File | Should -BeTrue
        }

        It 'with -WhatIf change nothing' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Resume-Torrent -WhatIf
            (Get-TorrentStatus -Patron $patron).State | Should -Be Suspended
            $running | Resume-Torrent
            $running | Suspend-Torrent -WhatIf
            (Get-TorrentStatus -Patron $patron).State | Should -Not -Be Suspended
        }

        It 'report a torrent that does not run, and continue with the others' {
            $running = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron
            $running[0] | Stop-Torrent
            $suspended = $running | Suspend-Torrent -PassThru -ErrorVariable problem -ErrorAction SilentlyContinue

            $suspended.Name | Should -Be 'other.bin'
            $problem.FullyQualifiedErrorId | Should -Be 'TorrentNotFound,TorrentPatron.PowerShell.Commands.SuspendTorrentCommand'
        }

        It 'refuse a prefix of an info hash that is too short' {
            Suspend-Torrent -InfoHash abc -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        }
    }

    Context 'Add-TorrentPeer' {
        It 'gives a torrent the peer that it downloads from' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            Add-TorrentPeer data.bin $peer -Patron $patron -WhatIf
            $running | Wait-Torrent -Timeout 0.5 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            ($running | Add-TorrentPeer -Peer $peer -PassThru).Name | Should -Be 'data.bin'

            ($running | Wait-Torrent -Timeout 120).IsComplete | Should -BeTrue
        }

        It 'refuses an invalid peer' {
            { Add-TorrentPeer data.bin 'nowhere' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*AddTorrentPeerCommand'
        }
    }

    Context 'Add-TorrentTracker and Get-TorrentTracker' {
        BeforeAll {
            $script:tracker = Start-TestTracker
        }

        AfterAll {
            Stop-TestTracker $tracker
        }

        It 'ask a tracker and show its answer' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            Get-TorrentTracker -Patron $patron | Should -BeNullOrEmpty
            ($running | Add-TorrentTracker -Uri $tracker.Uri, 'http://127.0.0.1:1/announce' -PassThru).Name | Should -Be 'data.bin'
            Wait-TestCondition { ($running | Get-TorrentTracker).Status -notcontains 'NotContacted' -and ($running | Get-TorrentTracker).Status -notcontains 'Announcing' } |
                Should -BeTrue

            $shown = $running | Get-TorrentTracker -Uri $tracker.Uri
            $shown | Should -BeOfType TorrentPatron.PowerShell.Torrents.TorrentTracker
            $shown.TorrentName, $shown.InfoHash | Should -Be 'data.bin', $running.InfoHash
            $shown.Status, $shown.Seeders, $shown.Leechers, $shown.Tier | Should -Be Working, 3, 2, 0
            $tracker.Queries | Should -Not -BeNullOrEmpty
            (Get-TorrentTracker -Patron $patron -Uri '*:1/*').Status | Should -Be Failed
            (Get-TorrentTracker -Patron $patron | Where-Object Status -eq Failed | Get-TorrentStatus -Patron $patron).Name | Should -Be 'data.bin'
        }

        It 'with -WhatIf add nothing, and refuse an invalid tracker address' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Add-TorrentTracker -Uri $tracker.Uri -WhatIf
            Get-TorrentTracker -Patron $patron | Should -BeNullOrEmpty
            { $running | Add-TorrentTracker -Uri 'announce' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
            { $running | Add-TorrentTracker -Uri 'ftp://x/announce' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'accept valid addresses with unusual characters, and report each invalid one' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $running | Add-TorrentTracker -Uri 'foo', 'http://127.0.0.1:1/{key} x|y', 'udp://127.0.0.1' -ErrorVariable problem -ErrorAction SilentlyContinue

            ($running | Get-TorrentTracker).Uri.OriginalString | Should -Be 'http://127.0.0.1:1/%7Bkey%7D%20x%7Cy'
            ($running | Get-TorrentTracker -Uri 'http://127.0.0.1:1/{key} x|y').Status | Should -Be NotContacted
            $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*AddTorrentTrackerCommand'
            $problem.Exception.Message | Should -BeLike "* is not a tracker's address: *"
            $problem.TargetObject | Should -Be 'foo', 'udp://127.0.0.1/'
        }
    }
}
