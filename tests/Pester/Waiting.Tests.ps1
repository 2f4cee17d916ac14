BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content, $script:other, $script:peer = Start-TestSwarm
    $script:seeder = Get-TorrentPatron 'seeder-data.bin'
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Waiting' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        Clear-TestEvent
        $patron | Stop-TorrentPatron
    }

    Context 'Wait-Torrent' {
        It '-Any returns with the first complete torrent, and leaves the others' {
            $running = Start-Torrent $other.Torrent, $content.Torrent -Destination $files -Patron $patron
            $running[1] | Add-TorrentPeer -Peer $peer

            $first = @($running | Wait-Torrent -Any -Timeout 120)
            $first.Name | Should -Be 'data.bin'
            (Get-TorrentStatus other.bin -Patron $patron).IsComplete | Should -BeFalse
        }

        It '-Until Metadata returns at once if it is known' {
            (Start-Torrent $content.Torrent -Destination $files -Patron $patron | Wait-Torrent -Until Metadata -Timeout 5).Name | Should -Be 'data.bin'
        }

        It '-Until Stopped returns when the torrent is stopped' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $subscription = Register-TestTimer 200 $running { $Event.MessageData | Stop-Torrent }
            $stopped = $running | Wait-Torrent -Until Stopped -Timeout 120
            $subscription | Remove-Job -Force

            $stopped.State | Should -Be Stopped
        }

        It '-Until SeedGoal refuses a torrent without a goal, and waits for one with a goal' {
            Get-TorrentStatus -Patron $seeder | Wait-Torrent -Until SeedGoal -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'

            $enough = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -SeedTime 0.3 | Wait-Torrent -Until SeedGoal -Timeout 120
            $enough.State | Should -Be Suspended
            $enough.IsComplete | Should -BeTrue
        }

        It '-StallTimeout reports TorrentStalled, and the torrent continues' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $running | Wait-Torrent -StallTimeout 0.4 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty

            $problem.FullyQualifiedErrorId | Should -Be 'TorrentStalled,TorrentPatron.PowerShell.Commands.WaitTorrentCommand'
            $problem.CategoryInfo.Category | Should -Be OperationTimeout
            $problem.ErrorDetails.RecommendedAction | Should -BeLike '*Add-TorrentPeer*'
            (Get-TorrentStatus -Patron $patron).State | Should -Be Downloading
        }

        It 'names failing trackers in the error and in warnings for a variable' {
            Start-Torrent $content.Torrent -Destination $files -Patron $patron -Tracker 'http://127.0.0.1:1/announce' -StallTimeout 3 `
                -WarningVariable warning -WarningAction SilentlyContinue -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty

            $problem.FullyQualifiedErrorId | Should -Be 'TorrentStalled,TorrentPatron.PowerShell.Commands.StartTorrentCommand'
            $problem.Exception.Message | Should -BeLike '*The tracker at 127.0.0.1:1 says: The tracker cannot be reached*'
            @($warning).Count | Should -Be 1
            "$warning" | Should -BeLike 'data.bin: The tracker at 127.0.0.1:1 says: *'
        }

        It '-StallTimeout ignores slow progress' {
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 2MB -StallTimeout 1.5
            $done.IsComplete | Should -BeTrue
        }

        It 'fails loudly in a script that stops at errors' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            { $running | Wait-Torrent -Timeout 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'TimeoutReached,*'
            { $running | Wait-Torrent -StallTimeout 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'TorrentStalled,*'
        }

        It 'shows progress after a second' {
            $shell = [powershell]::Create()
            try {
                $null = $shell.AddScript({
                        param($modulePath, $torrent, $files)
                        Import-Module $modulePath
                        $patron = New-TorrentPatron -Name 'inner' -BindAddress 127.0.0.1 -StatePath "$files-inner"
                        Start-Torrent $torrent -Destination $files -Patron $patron | Wait-Torrent -Timeout 1.6 -ErrorAction SilentlyContinue
                    }).AddArgument((Get-TestModulePath)).AddArgument($content.Torrent).AddArgument($files)
                $null = $shell.Invoke()
                $notes = @($shell.Streams.Progress | Where-Object Activity -like '*data.bin')
                $notes.Count | Should -BeGreaterThan 1
                $notes.Count | Should -BeLessThan 8
                $notes[0].Activity | Should -Be 'Downloading data.bin'
                $notes[-1].RecordType | Should -Be Completed
            } finally {
                $shell.Runspace.Dispose()
                $shell.Dispose()
            }
        }
    }

    Context 'Start-Torrent -Wait' {
        It 'writes a finished snapshot of each of many small torrents' {
            $folder = "$files-small"
            $torrents = 1..30 | ForEach-Object { (New-TestContent -Folder $folder -Name "small$_.bin" -Size 50KB).Torrent }
            $null = Start-Torrent -LiteralPath $torrents -Destination $folder -Patron $seeder -Timeout 120 -ErrorAction Stop

            $done = @(Start-Torrent -LiteralPath $torrents -Destination $files -Patron $patron -Peer $peer -Wait -Timeout 120)

            $done | Should -HaveCount 30
            $unfinished = $done | Where-Object {
                -not $_.IsComplete -or $_.State -ne 'Seeding' -or $_.PercentComplete -ne 100 -or $null -eq $_.CompletedAt -or $_.CompletedSize -ne $_.WantedSize
            }
            $unfinished | Should -BeNullOrEmpty
            Get-TorrentStatus small*.bin -Patron $seeder | Remove-Torrent -Confirm:$false
        }
    }

    Context 'Watch-Torrent' {
        It 'writes snapshots at each change, and ends when all is complete' {
            $seen = @(Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -MaxDownloadRate 1MB | Watch-Torrent -Interval 0.1)

            $seen.Count | Should -BeGreaterThan 2
            $seen | Should -BeOfType TorrentPatron.Engine.Client.TorrentStatus
            $seen[-1].IsComplete | Should -BeTrue
            $seen[-1].State | Should -Be Seeding
            $seen.CompletedSize | Sort-Object -Unique | Should -HaveCount ($seen.CompletedSize | Select-Object -Unique).Count
        }

        It 'ends with Select-Object -First 1, and the torrent continues' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $first = $running | Watch-Torrent | Select-Object -First 1

            $first.Name | Should -Be 'data.bin'
            (Get-TorrentStatus -Patron $patron).State | Should -Be Downloading
        }

        It 'shows several torrents, of several patrons, by name' {
            $null = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended
            $seen = Watch-Torrent data*, other* -Interval 0.1 | Select-Object -First 2
            $seen.Name | Sort-Object | Should -Be 'data.bin', 'other.bin'
        }

        It 'reports at once that a torrent was stopped' {
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $subscription = Register-TestTimer 200 $running { $Event.MessageData | Stop-Torrent }
            $seen = @($running | Watch-Torrent -Interval 1h)
            $subscription | Remove-Job -Force

            $seen[-1].State | Should -Be Stopped
        }

        # A user who runs this file by hand has a console.
        It '-Live writes the torrents at the end if there is no console to draw on' -Skip:(-not [Console]::IsOutputRedirected) {
            $seen = @(Get-TorrentStatus -Patron $seeder | Watch-Torrent -Live -WarningVariable warning -WarningAction SilentlyContinue)
            $seen.Name | Should -Be 'data.bin'
            $warning | Should -BeLike '*no console*'
        }

        It '-Continuous continues when all is complete' {
            $module = Get-TestModulePath
            $ended = Start-ThreadJob {
                Import-Module $using:module
                Watch-Torrent -Patron $using:seeder -Continuous -Interval 0.1
            }
            $ended | Wait-Job -Timeout 1 | Should -BeNullOrEmpty
            $ended | Remove-Job -Force
        }

        It 'refuses an interval that would keep a processor busy, and says what to give' {
            { Watch-Torrent -Patron $patron -Interval 0 } | Should -Throw '*0.1 s or longer*' -ErrorId 'ParameterArgumentValidationError,*'
            { Watch-Torrent -Patron $patron -Interval 0.001 } | Should -Throw '*0.1 s or longer*'
        }

        It 'of no torrents writes nothing' {
            Watch-Torrent -Patron $patron | Should -BeNullOrEmpty
        }
    }
}
