# The -Debug and -Verbose output about torrents while a cmdlet waits for them, and reading the events in a session.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Size 200KB
    $script:peer = Start-TestSeed $content
    $script:refusing = Start-TestTracker -Refusal 'Not today'

    function Register-Later($Torrent) {
        # While a cmdlet waits, the torrent is given a tracker that refuses, and later a complete peer.
        foreach ($wait in 200, 1500) {
            $data = @{ Torrent = $Torrent; Tracker = $refusing.Uri; Peer = $wait -eq 1500 ? $peer : '127.0.0.1:1' }
            $null = Register-TestTimer $wait $data {
                $Event.MessageData.Torrent | Add-TorrentTracker -Uri $Event.MessageData.Tracker
                $Event.MessageData.Torrent | Add-TorrentPeer -Peer $Event.MessageData.Peer
            }
        }
    }

    function Get-Text($Records, [type] $Type) {
        @($Records | Where-Object { $_ -is $Type } | ForEach-Object Message)
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
    Stop-TestTracker $refusing
}

Describe 'Events of torrents that a cmdlet waits for' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
        $script:start = @{ Destination = $files; Patron = $patron; Tracker = $refusing.Uri }
    }

    AfterEach {
        Get-EventSubscriber | Unregister-Event
        $patron | Stop-TorrentPatron
    }

    It 'are written by Start-Torrent -Wait -Debug from the start, and the result is the same' {
        $all = @(Start-Torrent $content.Torrent @start -Peer '127.0.0.1:1', $peer -Timeout 120 -Debug -WarningAction SilentlyContinue 5>&1)
        $debug = Get-Text $all ([Management.Automation.DebugRecord])

        ($all | Where-Object { $_ -is [TorrentPatron.Engine.Client.TorrentStatus] }).IsComplete | Should -BeTrue
        $debug | Where-Object { $_ -like 'data.bin: 127.0.0.1:1 was not reached: *' } | Should -Not -BeNullOrEmpty
        $debug | Where-Object { $_ -like 'data.bin: Announcing to http://127.0.0.1:* (event: Started).' } | Should -Not -BeNullOrEmpty
    }

    It 'are written by Wait-Torrent -Verbose if they are warnings or errors, and no others' {
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
        Register-Later $running
        $all = @($running | Wait-Torrent -Timeout 120 -Verbose 4>&1 3>$null)
        $verbose = Get-Text $all ([Management.Automation.VerboseRecord])
        $verbose | Where-Object { $_ -like 'data.bin: http://127.0.0.1:* failed: *Not today*' } | Should -Not -BeNullOrEmpty
        $verbose | Where-Object { $_ -like '*was not reached*' -or $_ -like '*Announcing to*' } | Should -BeNullOrEmpty
        $all[-1].IsComplete | Should -BeTrue
    }

    It 'are written by Watch-Torrent if the preference asks for it' {
        $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
        Register-Later $running
        $DebugPreference = 'Continue'
        $debug = Get-Text @($running | Watch-Torrent 5>&1) ([Management.Automation.DebugRecord])
        $DebugPreference = 'SilentlyContinue'
        $debug | Where-Object { $_ -like 'data.bin: 127.0.0.1:1 was not reached: *' } | Should -Not -BeNullOrEmpty
        $debug | Where-Object { $_ -like 'data.bin: Announcing to http://127.0.0.1:* (event: Started).' } | Should -Not -BeNullOrEmpty
    }

    It 'are written by Save-TorrentMetadata -Debug' {
        $link = ConvertTo-MagnetLink $content.Torrent
        $all = @(Save-TorrentMetadata $link $files -Peer '127.0.0.1:1' -Tracker $refusing.Uri -Patron $patron -Timeout 3 -Debug -WarningAction SilentlyContinue -ErrorAction SilentlyContinue 5>&1)
        $debug = Get-Text $all ([Management.Automation.DebugRecord])
        $debug | Where-Object { $_ -like '*127.0.0.1:1 was not reached: *' } | Should -Not -BeNullOrEmpty
        $debug | Where-Object { $_ -like '*failed: *Not today*' } | Should -Not -BeNullOrEmpty
    }

    It 'are not written by default' {
        $all = @(Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer '127.0.0.1:1', $peer -Timeout 120 4>&1 5>&1)
        $all.Count | Should -Be 1
        $all[0].IsComplete | Should -BeTrue
    }
}

Describe 'The event source' {
    It 'can be read in the session as docs/diagnostics.md shows' {
        $page = Get-Content (Join-Path $PSScriptRoot '../../docs/diagnostics.md') -Raw
        $page -match "(?s)``````powershell\r?\n(Add-Type.*?'@)\r?\n" | Should -BeTrue
        Invoke-Expression $Matches[1]
        $patron = New-TestPatron -Name 'traced' -StatePath (Join-Path $TestDrive 'traced-state')
        $trace = [TorrentTrace]::new()
        try {
            $null = Start-Torrent $content.Torrent -Destination (Join-Path $TestDrive 'traced') -Patron $patron -Peer '127.0.0.1:1' -Tracker $refusing.Uri
            Wait-TestCondition { $trace.Events.Name -contains 'TrackerFailed' -and $trace.Events.Name -contains 'DialFailed' } | Should -BeTrue
            ($trace.Events | Where-Object Name -eq TrackerFailed)[0].Detail | Should -BeLike '*Not today*'
        } finally {
            $trace.Dispose()
            $patron | Stop-TorrentPatron
        }
    }
}
