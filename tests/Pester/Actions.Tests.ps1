# The effects of event actions on the session whose cmdlets they run in, and when they have run.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Size 200KB
    $script:peer = Start-TestSeed $content

    function Wait-Torrents {
        # Waits for something that never happens, long enough for actions to run several times.
        param([string] $ErrorAction = 'SilentlyContinue')
        Wait-Torrent -Patron $patron -Timeout 0.5 -ErrorAction $ErrorAction
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Actions of event subscriptions' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
        $script:seen = [Collections.Generic.List[string]]::new()
    }

    AfterEach {
        Set-StrictMode -Off
        Clear-TestEvent
        $patron | Stop-TorrentPatron
    }

    Context 'While a cmdlet waits' {
        BeforeEach {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $null = Register-EngineEvent beat -Action { $global:beats++ }
            $global:beats = 0
        }

        AfterEach {
            Remove-Variable beats -Scope Global
        }

        It 'leaves the caller''s variables alone' {
            $rounds = 0
            $seen = for ($i = 10; $i -lt 13; $i++) {
                $i
                Wait-Torrent -Patron $patron -Timeout 0.5 -ErrorAction SilentlyContinue
                if (++$rounds -ge 8) { break }
            }
            $seen | Should -Be 10, 11, 12
            1, 2 | ForEach-Object { Wait-Torrents; $_ } | Should -Be 1, 2

            $before = (Get-Variable).Name + 'before'
            Wait-Torrent -Patron $patron -Timeout 0.5 -ErrorAction SilentlyContinue
            (Get-Variable).Name | Where-Object { $_ -notin $before } | Should -BeNullOrEmpty
        }

        It 'works although the caller has made its variables read-only' {
            foreach ($name in 'i', '_item', 'foreach') {
                { & { Set-Variable $name 7 -Option ReadOnly; Wait-Torrents Stop } } | Should -Throw -ErrorId 'TimeoutReached,*'
            }
        }

        It 'adds nothing to $Error, and leaves $LASTEXITCODE, under strict mode too' {
            $global:LASTEXITCODE = 7
            Set-StrictMode -Version Latest
            $count = $global:Error.Count
            Wait-Torrent -Patron $patron -Timeout 0.5 -ErrorAction Ignore
            $? | Should -BeFalse
            $global:Error.Count | Should -Be $count
            $LASTEXITCODE | Should -Be 7
            $global:LASTEXITCODE = 0
        }

        It 'shows no script of the module to -Verbose, a trace or a transcript' {
            $transcript = "$files.txt"
            $null = Start-Transcript -Path $transcript -UseMinimalHeader
            Set-PSDebug -Trace 2
            $said = Wait-Torrent -Patron $patron -Timeout 0.5 -ErrorAction SilentlyContinue -Verbose -Debug 4>&1 5>&1
            Set-PSDebug -Trace 0
            $null = Stop-Transcript
            $said | Should -BeNullOrEmpty
            Get-Content $transcript -Raw | Should -Not -Match 'while'
        }

        It 'runs pending actions of other subscriptions' {
            $timer = [Timers.Timer]::new(100)
            $null = Register-ObjectEvent $timer Elapsed -Action { $global:beats++ }
            $timer.Start()
            Wait-Torrents
            $timer.Stop()
            $global:beats | Should -BeGreaterThan 1
        }
    }

    Context 'When a cmdlet returns' {
        It 'have run for all events raised before: <Name>' -ForEach @(
            @{ Name = 'Start-Torrent -Wait'; Waiting = { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120 } }
            @{ Name = 'Wait-Torrent'; Waiting = { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer | Wait-Torrent -Timeout 120 } }
            @{ Name = 'Watch-Torrent'; Waiting = { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer | Watch-Torrent } }
        ) {
            foreach ($name in 'NewTorrentCreated', 'StateChanged', 'Completed') {
                $null = Register-TorrentEvent $name -Patron $patron -MessageData $seen -Action {
                    $Event.MessageData.Add("$($EventArgs.Message.GetType().Name) $($EventArgs.Status.State)")
                }
            }
            foreach ($round in 1..5) {
                $null = & $Waiting
                $ran = $seen -join ', '
                $ran | Should -BeLike '*TorrentStateChanged Seeding*'
                $ran | Should -BeLike '*TorrentCompleted Seeding*'
                $ran | Should -BeLike '*NewTorrentCreated*'
                Get-TorrentStatus -Patron $patron | Remove-Torrent -DeleteData -Confirm:$false
                $seen.Clear()
            }
        }

        It 'have run for the events of testing, suspending, stopping and removing torrents' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            foreach ($name in 'StateChanged', 'Removed') {
                $null = Register-TorrentEvent $name -Patron $patron -MessageData $seen -Action {
                    $Event.MessageData.Add("$($EventArgs.Message.GetType().Name) $($EventArgs.Status.State)")
                }
            }
            Get-TorrentStatus -Patron $patron | Test-Torrent | Should -BeTrue
            $seen | Should -Be 'TorrentStateChanged Checking', 'TorrentStateChanged Seeding'
            $seen.Clear()
            Get-TorrentStatus -Patron $patron | Suspend-Torrent
            $seen | Should -Be 'TorrentStateChanged Suspended'
            $seen.Clear()
            Get-TorrentStatus -Patron $patron | Remove-Torrent -Confirm:$false
            $seen | Should -Be 'TorrentStateChanged Stopped', 'TorrentRemoved Stopped'
        }

        It 'have run when the cmdlet ends with an error' {
            $null = Register-TorrentEvent NewTorrentCreated -Patron $patron -MessageData $seen -Action { $Event.MessageData.Add('new') }
            { Start-Torrent $content.Torrent -Destination $files -Patron $patron -Timeout 0.2 -ErrorAction Stop } |
                Should -Throw -ErrorId 'TimeoutReached,*'
            $seen | Should -Be 'new'
            Start-Torrent $content.File -Destination $files -Patron $patron -ErrorAction SilentlyContinue
            $null = Register-TorrentEvent TorrentStartFail -Patron $patron -MessageData $seen -Action { $Event.MessageData.Add('failed') }
            Start-Torrent $content.File -Destination $files -Patron $patron -ErrorAction SilentlyContinue
            $seen | Should -Be 'new', 'failed'
        }

        It 'have run when a later command needs no more objects' {
            $null = Register-TorrentEvent NewTorrentCreated -Patron $patron -MessageData $seen -Action { $Event.MessageData.Add('new') }
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron | Select-Object -First 1
            $seen | Should -Be 'new'
        }

        It 'have run by the end of a script' {
            $run = Invoke-TestScript -Folder $files -Script @"
                Import-Module '$PSScriptRoot/TestSwarm.psm1'
                `$patron = New-TestPatron -Name inner -StatePath '$files/state'
                `$null = Register-TorrentEvent Completed -Patron `$patron -Action { Set-Content '$files/done.txt' `$EventArgs.Status.Name }
                `$null = Start-Torrent '$($content.Torrent)' -Destination '$files/to' -Patron `$patron -Peer '$peer' -Timeout 120
                Test-Path '$files/done.txt'
"@
            $run.Output | Should -Be 'True'
        }

        It 'are not waited for by a cmdlet called from an action' {
            $null = Register-TorrentEvent StateChanged -Patron $patron -MessageData $seen -Action {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                $null = $EventArgs.Status | Set-Torrent -Tag 'seen' -Patron $Sender
                $Event.MessageData.Add("$($EventArgs.Status.State) $($clock.Elapsed.TotalSeconds -lt 5)")
            }
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $seen | Should -Contain 'Seeding True'
        }

        It 'do not block it after an action has failed' {
            $null = Register-TorrentEvent NewTorrentCreated -Patron $patron -Action { throw 'an action of somebody''s' }
            $null = Register-TorrentEvent Completed -Patron $patron -MessageData $seen -Action { $Event.MessageData.Add('done') }
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            $seen | Should -Be 'done'
        }
    }

    It 'run in the order of the events, across subscriptions' {
        foreach ($name in 'NewTorrentCreated', 'StateChanged', 'Completed') {
            $null = Register-TorrentEvent $name -Patron $patron -MessageData $seen -Action {
                $Event.MessageData.Add("$($Sender.Name): $($EventArgs.Message.GetType().Name) $($EventArgs.Status.State)")
            }
        }
        foreach ($round in 1..10) {
            $seen.Clear()
            Start-Torrent $content.Torrent -Destination "$files-$round" -Patron $patron -Peer $peer -Timeout 120 | Stop-Torrent
            $seen[0] | Should -BeLike 'leecher: NewTorrentCreated *'
            $seen | Select-Object -Skip 1 | Should -Be @(
                'leecher: TorrentStateChanged Downloading', 'leecher: TorrentStateChanged Seeding'
                'leecher: TorrentCompleted Seeding', 'leecher: TorrentStateChanged Stopped'
            )
        }
    }

    It 'run once for each event, even if several torrents share the subscription''s name' {
        $other = New-TestContent -Name 'other.bin' -Size 100KB
        $running = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron
        $running | Register-TorrentEvent StateChanged changed -MessageData $seen -Action { $Event.MessageData.Add($EventArgs.Status.Name) }
        $running | Suspend-Torrent
        $seen | Sort-Object | Should -Be 'data.bin', 'other.bin'
    }
}
