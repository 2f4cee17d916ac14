BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content, $script:other, $script:peer = Start-TestSwarm
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Start-Torrent -AsJob' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        Get-Job | Where-Object PSJobTypeName -eq TorrentJob | Remove-Job -Force
        $patron | Stop-TorrentPatron
    }

    It 'returns a job for Get-Job, Wait-Job, Receive-Job and Remove-Job' {
        $job = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -AsJob

        $job | Should -BeOfType System.Management.Automation.Job2
        $job.PSJobTypeName, $job.Name | Should -Be 'TorrentJob', 'data.bin'
        (Get-Job -Id $job.Id).InstanceId | Should -Be $job.InstanceId
        ($job | Wait-Job -Timeout 120).State | Should -Be Completed
        $job.HasMoreData | Should -BeTrue
        $status = $job | Receive-Job
        $status | Should -BeOfType TorrentPatron.Engine.Client.TorrentStatus
        $status.IsComplete | Should -BeTrue
        $job | Remove-Job
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        (Get-TorrentStatus -Patron $patron).State | Should -Be Seeding
    }

    It 'returns a job for each torrent, and Receive-Job -Wait waits for all' {
        $seeder = New-TestPatron -Name 'other' -StatePath "$files-other"
        $null = Start-Torrent $other.Torrent -Destination $other.Folder -Patron $seeder -Timeout 120
        $jobs = $content.Torrent, $other.Torrent | Start-Torrent -Destination $files -Patron $patron -Peer $peer, "127.0.0.1:$($seeder.Port)" -AsJob
        $jobs | Should -HaveCount 2
        (Get-Job -Name 'OTHER*').Id | Should -Be $jobs[1].Id
        ($jobs | Receive-Job -Wait -AutoRemoveJob -ErrorVariable problem).Name | Sort-Object | Should -Be 'data.bin', 'other.bin'
        $problem | Should -BeNullOrEmpty
        Get-Job | Where-Object PSJobTypeName -eq TorrentJob | Should -BeNullOrEmpty
        $seeder | Stop-TorrentPatron
    }

    It 'shows progress on the job' {
        $job = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 1MB -AsJob
        Wait-TestCondition { $job.Progress.Count -gt 0 } | Should -BeTrue
        $note = $job.Progress | Select-Object -Last 1
        $note.Activity | Should -Be 'Downloading data.bin'
        $note.PercentComplete | Should -BeIn (0..100)
        $job.StatusMessage | Should -BeLike 'data.bin: Downloading*'
    }

    It 'is stopped together with its torrent by Stop-Job' {
        $job = Start-Torrent $content.Torrent -Destination $files -Patron $patron -AsJob
        Wait-TestCondition { $job.InfoHash } | Should -BeTrue
        { $job | Remove-Job -ErrorAction Stop } | Should -Throw
        $job | Stop-Job

        $job.State | Should -Be Stopped
        Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
    }

    It 'is suspended and resumed together with its torrent, by either' {
        $job = Start-Torrent $content.Torrent -Destination $files -Patron $patron -AsJob
        Wait-TestCondition { $job.InfoHash } | Should -BeTrue
        $job.SuspendJob()
        $job.State | Should -Be Suspended
        (Get-TorrentStatus -Patron $patron).State | Should -Be Suspended
        $job.ResumeJob()
        $job.State | Should -Be Running
        (Get-TorrentStatus -Patron $patron).State | Should -Not -Be Suspended

        $job | Suspend-Torrent -Patron $patron
        Wait-TestCondition { $job.State -eq 'Suspended' } | Should -BeTrue
        $job | Resume-Torrent -Patron $patron
        Wait-TestCondition { $job.State -eq 'Running' } | Should -BeTrue
        $job | Add-TorrentPeer -Peer $peer -Patron $patron
        ($job | Wait-Job -Timeout 120).State | Should -Be Completed
    }

    It 'fails with the error of its torrent: <Case>' -ForEach @(
        @{ Case = 'no torrent'; Id = 'InvalidTorrent'; Make = { @{ Path = $other.File } } }
        @{ Case = 'too late'; Id = 'TimeoutReached'; Make = { @{ Path = $content.Torrent; Timeout = 0.3 } } }
        @{ Case = 'stalled'; Id = 'TorrentStalled'; Make = { @{ Path = $content.Torrent; StallTimeout = 0.3 } } }
    ) {
        $arguments = & $Make
        $job = Start-Torrent @arguments -Destination $files -Patron $patron -AsJob
        ($job | Wait-Job -Timeout 120).State | Should -Be Failed
        $job | Receive-Job -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem.FullyQualifiedErrorId | Should -Be $Id
        { $job = Start-Torrent @arguments -Destination $files -Patron $patron -AsJob; $job | Receive-Job -Wait -ErrorAction Stop } | Should -Throw
    }

    It 'with -WhatIf makes no job, and contradicts -Suspended' {
        Start-Torrent $content.Torrent -Destination $files -Patron $patron -AsJob -WhatIf | Should -BeNullOrEmpty
        Get-Job | Where-Object PSJobTypeName -eq TorrentJob | Should -BeNullOrEmpty
        { Start-Torrent $content.Torrent -Destination $files -Patron $patron -AsJob -Suspended } | Should -Throw -ErrorId 'InvalidArgument,*'
    }
}
