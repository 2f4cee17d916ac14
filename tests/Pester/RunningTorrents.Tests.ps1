BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    Set-TestState (Join-Path $TestDrive 'state')
    $script:content, $script:other, $script:peer = Start-TestSwarm
    $script:seeder = Get-TorrentPatron 'seeder-data.bin'
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
    Restore-TestState
}

Describe 'Running torrents' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        $patron | Stop-TorrentPatron
    }

    Context 'Get-TorrentStatus' {
        It 'shows all of the session, those of one patron, and named ones' {
            $null = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended

            @(Get-TorrentStatus) | Should -HaveCount 3
            (Get-TorrentStatus -Patron $patron).Name | Should -Be 'data.bin', 'other.bin'
            (Get-TorrentStatus 'OTHER.bin').Name | Should -Be 'other.bin'
            (Get-TorrentStatus 'o*' -Patron $patron).Name | Should -Be 'other.bin'
            Get-TorrentStatus 'no*such' | Should -BeNullOrEmpty
        }

        It 'finds by info hash, in either case, as a parameter or by property name' {
            $hash = (Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended).InfoHash

            (Get-TorrentStatus -InfoHash $hash.ToUpperInvariant()).Name | Should -Be 'other.bin'
            ([pscustomobject]@{ InfoHash = $hash } | Get-TorrentStatus).Name | Should -Be 'other.bin'
        }

        It 'takes a fresh snapshot of a status, even if another service has the same torrent' {
            $earlier = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron
            $null = $earlier | Wait-Torrent -Timeout 120
            $now = @($earlier | Get-TorrentStatus)

            $now | Should -HaveCount 1
            $now[0].Destination | Should -Be $files
            $now[0].IsComplete | Should -BeTrue
            $earlier.IsComplete | Should -BeFalse
        }

        It 'reports <Case> as <Id>' -ForEach @(
            @{ Case = 'a name that no torrent has'; Id = 'TorrentNotFound'; Selector = @{ Name = 'nope' } }
            @{ Case = 'an info hash that no torrent has'; Id = 'TorrentNotFound'; Selector = @{ InfoHash = '0' * 40 } }
            @{ Case = 'an invalid info hash'; Id = 'InvalidArgument'; Selector = @{ InfoHash = 'xyz' } }
        ) {
            Get-TorrentStatus @Selector -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -Be "$Id,TorrentPatron.PowerShell.Commands.GetTorrentStatusCommand"
        }

        It 'answers without an engine in a session without torrents' {
            $job = Start-ThreadJob {
                Import-Module $using:PSScriptRoot/TestSwarm.psm1
                @(Get-TorrentStatus).Count
                @(Get-TorrentPatron | Where-Object IsRemote -EQ $false).Count
            }
            $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 0, 0
        }
    }

    Context 'Stop-Torrent' {
        It 'stops torrents from the pipeline and keeps their files' {
            $done = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Patron $patron -Timeout 120
            $stopped = $done | Stop-Torrent -PassThru

            $stopped.State | Should -Be Stopped
            $stopped.IsComplete | Should -BeTrue
            $done.Path | Should -Exist
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
            Get-TorrentStatus -Patron $seeder | Should -Not -BeNullOrEmpty
        }

        It 'stops by name and is silent without -PassThru' {
            $null = Start-Torrent $other.Torrent -Destination $files -Patron $patron
            Stop-Torrent 'other*' -Patron $patron | Should -BeNullOrEmpty
            Get-TorrentStatus -Patron $patron | Should -BeNullOrEmpty
        }

        It 'with -WhatIf stops nothing' {
            $status = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended
            $status | Stop-Torrent -WhatIf
            @(Get-TorrentStatus -Patron $patron) | Should -HaveCount 1
        }

        It 'reports a torrent that does not run' {
            $status = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended
            $status | Stop-Torrent
            $status | Stop-Torrent -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
            $problem.TargetObject | Should -Be $status
        }
    }

    Context 'Wait-Torrent' {
        It 'writes each torrent once it is complete' {
            $seed = Start-Torrent $other.Torrent -Destination $other.Folder -Patron $seeder -Timeout 120
            $done = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Peer $peer -Patron $patron | Wait-Torrent -Timeout 120
            $seed | Stop-Torrent

            $done.Name | Sort-Object | Should -Be 'data.bin', 'other.bin'
            $done.IsComplete | Should -Be $true, $true
        }

        It 'returns complete torrents at once' {
            (Get-TorrentStatus -Patron $seeder | Wait-Torrent -Timeout 0).IsComplete | Should -BeTrue
        }

        It 'reports TimeoutReached and leaves the torrent running' -ForEach @(
            @{ Timeout = 0.3 }, @{ Timeout = '0.3s' }, @{ Timeout = [timespan]::FromMilliseconds(300) }
        ) {
            $status = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $status | Wait-Torrent -Timeout $Timeout -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty

            $problem.FullyQualifiedErrorId | Should -Be 'TimeoutReached,TorrentPatron.PowerShell.Commands.WaitTorrentCommand'
            $problem.CategoryInfo.Category | Should -Be OperationTimeout
            (Get-TorrentStatus -Patron $patron).State | Should -Be Downloading
        }

        It 'refuses the timeout <_>' -ForEach -1, 'soon', '' {
            { Wait-Torrent -Timeout $_ } | Should -Throw
        }

        It 'stops waiting when the pipeline needs no more' {
            $slow = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $first = @(Get-TorrentStatus -Patron $seeder -Name 'data.bin') + $slow | Wait-Torrent | Select-Object -First 1

            $first.IsComplete | Should -BeTrue
            (Get-TorrentStatus -Patron $patron).State | Should -Be Downloading
        }

        It 'reports a torrent that is stopped meanwhile' {
            $status = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $subscription = Register-TestTimer 300 $status { $Event.MessageData | Stop-Torrent }
            $status | Wait-Torrent -Timeout 120 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $subscription | Remove-Job -Force

            $problem.FullyQualifiedErrorId | Should -BeLike 'PatronStopped,*'
        }

        It 'returns at once without torrents' {
            Wait-Torrent -Patron $patron | Should -BeNullOrEmpty
        }

        It 'can be cancelled at once, and the torrent continues' {
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript({
                        param($modulePath, $torrent, $files)
                        Import-Module $modulePath
                        $patron = New-TorrentPatron -Name 'inner' -BindAddress 127.0.0.1 -StatePath "$files-inner"
                        Start-Torrent $torrent -Destination $files -Patron $patron
                        Wait-Torrent -Patron $patron
                    }).AddArgument((Get-TestModulePath)).AddArgument($content.Torrent).AddArgument($files)
                $output = [Management.Automation.PSDataCollection[psobject]]::new()
                $running = $shell.BeginInvoke($output, $output)
                Wait-TestCondition { $output.Count -gt 0 } | Should -BeTrue
                Start-Sleep -Milliseconds 300
                $running.IsCompleted | Should -BeFalse

                $clock = [Diagnostics.Stopwatch]::StartNew()
                $shell.Stop()
                $clock.Elapsed.TotalSeconds | Should -BeLessThan 10

                $shell.Commands.Clear()
                $status = $shell.AddCommand('Get-TorrentStatus').Invoke()
                $status.State | Should -Be Downloading
            } finally {
                $shell.Runspace.Dispose()
                $shell.Dispose()
            }
        }
    }
}
