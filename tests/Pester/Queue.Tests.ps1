BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:contents = @(1..4 | ForEach-Object { New-TestContent -Folder (Join-Path $TestDrive "seed$_") -Name "file$_.bin" -Size 1MB })

    # A seed that is not there yet, so that downloads stay.
    $script:seeder = New-TorrentPatron -Name 'seeder' -BindAddress 127.0.0.1 -StatePath (Join-Path $TestDrive 'seed-state') -StatusInterval 0.2
    $contents | ForEach-Object { $null = Start-Torrent $_.Torrent -Destination $_.Folder -Patron $seeder -Timeout 120 -ErrorAction Stop }
    $script:peer = "127.0.0.1:$($seeder.Port)"

    function Get-State {
        # All of its service's torrents: after a restart of a service, a new patron owns none of them.
        @($patron.Statuses | Sort-Object Name).State -join ' '
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'The queue' {
    BeforeEach {
        $script:files = Join-Path $TestDrive ([guid]::NewGuid())
        $script:patron = New-TestPatron -Name 'leecher' -StatePath "$files-state"
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    It 'runs the first downloads; the others wait and complete in their turns' {
        $patron | Set-TorrentPatron -MaxActiveDownloads 1
        $started = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop

        $started.QueuePosition | Should -Be 1, 2, 3, 4
        Wait-TestCondition { (Get-State) -eq 'Downloading Queued Queued Queued' } -Seconds 30 | Should -BeTrue
        (Get-TorrentStatus -Patron $patron -State Queued).Count | Should -Be 3
        Get-TorrentStatus file2.bin -Patron $patron | Format-Table | Out-String | Should -Match 'Queued'
        Get-TorrentStatus file2.bin -Patron $patron | Format-List | Out-String | Should -Match '(?m)^QueuePosition +: 2'

        Get-TorrentStatus -Patron $patron | Add-TorrentPeer -Peer $peer
        $done = Get-TorrentStatus -Patron $patron | Wait-Torrent -Timeout 120 -ErrorAction Stop
        $done.Count | Should -Be 4
        $done.IsComplete | Should -Not -Contain $false
        $done.Name | Should -Be 'file1.bin', 'file2.bin', 'file3.bin', 'file4.bin'
    }

    It 'starts a torrent that is moved to the front, and the last running one waits' {
        $patron | Set-TorrentPatron -MaxActiveDownloads 2
        $null = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        (Set-Torrent file4.bin -Patron $patron -QueuePosition 1 -PassThru).QueuePosition | Should -Be 1

        Wait-TestCondition { (Get-State) -eq 'Downloading Queued Queued Downloading' } -Seconds 30 | Should -BeTrue
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 2, 3, 4, 1
        Set-Torrent file1.bin -Patron $patron -QueuePosition 99
        Wait-TestCondition { (Get-State) -eq 'Queued Downloading Queued Downloading' } -Seconds 30 | Should -BeTrue
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 4, 2, 3, 1
        { Set-Torrent file1.bin -Patron $patron -QueuePosition 0 -ErrorAction Stop } | Should -Throw '*1 or more*'
    }

    It 'keeps the order of several torrents that are moved to one position' {
        $null = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        Set-Torrent 'file[34]*' -Patron $patron -QueuePosition 1
        (Get-TorrentStatus -Patron $patron | Sort-Object QueuePosition).Name | Should -Be 'file3.bin', 'file4.bin', 'file1.bin', 'file2.bin'
        # From before and from behind the position.
        Get-TorrentStatus file3.bin, file2.bin -Patron $patron | Set-Torrent -QueuePosition 2
        (Get-TorrentStatus -Patron $patron | Sort-Object QueuePosition).Name | Should -Be 'file4.bin', 'file3.bin', 'file2.bin', 'file1.bin'
    }

    It 'suspends a queued seed that has already met its new goal' {
        $seeds = New-TestPatron -Name 'seeds' -StatePath "$files-seeds"
        try {
            $seeds | Set-TorrentPatron -MaxActiveSeeds 1
            $null = $contents[0, 1] | ForEach-Object { Start-Torrent $_.Torrent -Destination $_.Folder -Patron $seeds -ErrorAction Stop }
            Wait-TestCondition { ($seeds.Statuses | Sort-Object Name).State -join ' ' -eq 'Seeding Queued' } -Seconds 30 | Should -BeTrue
            Set-Torrent file2.bin -Patron $seeds -QueuePosition 1
            Wait-TestCondition { ($seeds.Statuses | Sort-Object Name).State -join ' ' -eq 'Queued Seeding' } -Seconds 30 | Should -BeTrue
            Set-Torrent file1.bin -Patron $seeds -SeedTime 00:00:00.001
            Wait-Torrent file1.bin -Patron $seeds -Until SeedGoal -Timeout 30 -ErrorAction Stop | Should -Not -BeNullOrEmpty
            (Get-TorrentStatus file1.bin -Patron $seeds).State | Should -Be 'Suspended'
        }
        finally {
            $seeds | Stop-TorrentPatron
        }
    }

    It 'names the queue when a wait for a queued torrent ends' {
        $patron | Set-TorrentPatron -MaxActiveDownloads 1
        $null = $contents[0, 1].Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        Wait-TestCondition { (Get-State) -eq 'Downloading Queued' } -Seconds 30 | Should -BeTrue
        $null = Wait-Torrent file2.bin -Patron $patron -Timeout 1 -ErrorVariable late -ErrorAction SilentlyContinue
        $late[0].FullyQualifiedErrorId | Should -BeLike 'TimeoutReached*'
        "$late" | Should -Match 'waits in the queue, at position 2'
    }

    It 'takes positions from records, and not from statuses' {
        $null = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -Suspended -ErrorAction Stop
        $before = Get-TorrentStatus -Patron $patron | Sort-Object Name
        [pscustomobject]@{ InfoHash = $before[2].InfoHash; QueuePosition = '1' } | Set-Torrent -Patron $patron
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 2, 3, 1, 4
        $before | Set-Torrent -AddTag x
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 2, 3, 1, 4
    }

    It 'gives the turn of a suspended or stopped torrent to the next, and takes it back when it is resumed' {
        $patron | Set-TorrentPatron -MaxActiveDownloads 1
        $null = $contents[0..2].Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        Suspend-Torrent file1.bin -Patron $patron
        Wait-TestCondition { (Get-State) -eq 'Suspended Downloading Queued' } -Seconds 30 | Should -BeTrue
        Resume-Torrent file1.bin -Patron $patron
        Wait-TestCondition { (Get-State) -eq 'Downloading Queued Queued' } -Seconds 30 | Should -BeTrue
        # It is there, but others are before it.
        (Resume-Torrent file3.bin -Patron $patron -PassThru).State | Should -Be Queued
        Stop-Torrent file1.bin -Patron $patron
        Wait-TestCondition { (Get-State) -eq 'Downloading Queued' } -Seconds 30 | Should -BeTrue
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 1, 2
    }

    It 'applies and shows changed limits' {
        $null = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        $shown = $patron | Set-TorrentPatron -MaxActiveDownloads 3 -MaxActiveSeeds 7 -PassThru
        $shown.MaxActiveDownloads, $shown.MaxActiveSeeds | Should -Be 3, 7
        $list = $shown | Format-List | Out-String
        $list | Should -Match '(?m)^MaxActiveDownloads +: 3'
        $list | Should -Match '(?m)^MaxActiveSeeds +: 7'
        Wait-TestCondition { (Get-State) -eq 'Downloading Downloading Downloading Queued' } -Seconds 30 | Should -BeTrue
        $patron | Set-TorrentPatron -MaxActiveDownloads 0
        (Get-TorrentPatron leecher | Format-List | Out-String) | Should -Match '(?m)^MaxActiveDownloads +: no limit'
        Wait-TestCondition { (Get-State) -eq 'Downloading Downloading Downloading Downloading' } -Seconds 30 | Should -BeTrue
    }

    It 'keeps complete torrents beyond the limit of seeds in the queue, where they count as complete' {
        $patron | Set-TorrentPatron -MaxActiveSeeds 1
        $null = $contents[0..1].Torrent | Start-Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120 -ErrorAction Stop
        Wait-TestCondition { (Get-State) -in 'Seeding Queued' } -Seconds 30 | Should -BeTrue
        (Get-TorrentStatus -Patron $patron -Completed).Count | Should -Be 2
    }

    It 'keeps positions over a restart' {
        $null = $contents.Torrent | Start-Torrent -Destination $files -Patron $patron -ErrorAction Stop
        Set-Torrent file3.bin -Patron $patron -QueuePosition 1
        Set-Torrent file1.bin -Patron $patron -QueuePosition 3
        (Get-TorrentStatus -Patron $patron | Sort-Object Name).QueuePosition | Should -Be 3, 2, 1, 4
        $patron | Stop-TorrentPatron
        if (Test-WithService) {
            "$files-state" | Stop-TestHost
        }

        $script:patron = New-TestPatron -Name 'leecher' -StatePath "$files-state"
        $null = Restore-Torrent -Patron $patron -ErrorAction Stop
        Wait-TestCondition { $patron.Statuses.Count -eq 4 } -Seconds 30 | Should -BeTrue
        ($patron.Statuses | Sort-Object Name).QueuePosition | Should -Be 3, 2, 1, 4
        $patron | Set-TorrentPatron -MaxActiveDownloads 1
        Wait-TestCondition { (Get-State) -eq 'Queued Queued Downloading Queued' } -Seconds 30 | Should -BeTrue
    }
}
