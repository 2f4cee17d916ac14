# The cmdlets with other BitTorrent clients, if they are installed.
BeforeDiscovery {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:hasAria = [bool] (Get-Command aria2c -ErrorAction Ignore)
    $script:hasLibtorrent = [bool] (Get-TestPython)
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent
}

Describe 'Real peers' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
        $script:port = Get-TestPort
    }

    AfterEach {
        $patron | Stop-TorrentPatron
        Stop-TestProcess
    }

    It 'libtorrent seeds a torrent, and Get-TorrentPeer names it' -Skip:(-not $hasLibtorrent) {
        $null = Start-TestLibtorrent $content.Torrent $content.Folder "127.0.0.1:$port"
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -MaxDownloadRate 1MB
        Wait-TestCondition { $running | Add-TorrentPeer -Peer "127.0.0.1:$port"; $running | Get-TorrentPeer } | Should -BeTrue
        $peer = $running | Get-TorrentPeer | Select-Object -First 1
        $peer.Client | Should -BeLike 'libtorrent*'
        $peer.EndPoint.Port | Should -Be $port

        $running | Set-Torrent -MaxDownloadRate 0
        $done = $running | Wait-Torrent -Timeout 120
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'aria2 seeds a torrent to a job' -Skip:(-not $hasAria) {
        $null = Start-TestProcess @(
            'aria2c'
            '--seed-ratio=0.0', '--check-integrity=true', "--listen-port=$port", '--interface=127.0.0.1', '--enable-dht=false', '--enable-dht6=false'
            '--bt-enable-lpd=false', '--disable-ipv6=true', '--allow-overwrite=true', "--dir=$($content.Folder)", $content.Torrent
        )
        $job = Start-Torrent $content.Torrent -Destination $files -Patron $patron -AsJob -Timeout 120
        Wait-TestCondition { $job.InfoHash } | Should -BeTrue
        Wait-TestCondition {
            $job | Add-TorrentPeer -Peer "127.0.0.1:$port" -ErrorAction Ignore
            $job.State -ne 'Running'
        } | Should -BeTrue
        $done = $job | Receive-Job -Wait -AutoRemoveJob
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'aria2 downloads a torrent, and the seed goal is reached' -Skip:(-not $hasAria) {
        $seed = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $patron -SeedRatio 0.9 -Tracker 'http://127.0.0.1:1/announce' -Timeout 120
        Register-TorrentEvent SeedGoalReached goal -Patron $patron
        # Without a tracker aria2 knows no peer: a tracker that names ours.
        $tracker = Start-TestTracker -Peer "127.0.0.1:$($patron.Port)"
        try {
            $null = Start-TestProcess @(
                'aria2c'
                '--seed-time=0', "--listen-port=$port", '--interface=127.0.0.1', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false'
                '--disable-ipv6=true', "--dir=$files", "--bt-tracker=$($tracker.Uri)", $content.Torrent
            )
            $enough = $seed | Wait-Torrent -Until SeedGoal -Timeout 120
            (Wait-Event goal -Timeout 10).SourceEventArgs.Status.Ratio | Should -BeGreaterOrEqual 0.9
        } finally {
            Stop-TestTracker $tracker
            Unregister-Event goal
            Get-Event goal -ErrorAction Ignore | Remove-Event
        }

        $enough.State | Should -Be Suspended
    }
}
