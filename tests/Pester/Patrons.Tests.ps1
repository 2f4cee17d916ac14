BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    Set-TestState (Join-Path $TestDrive 'state')
    $script:content = New-TestContent
    $script:other = New-TestContent -Name 'other.bin' -Size 200KB
}

AfterAll {
    Restore-TestState
}

Describe 'Patrons' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
    }

    AfterEach {
        Get-EventSubscriber | Unregister-Event
        if (Test-WithService) {
            # Its torrents would continue in the next test.
            Get-TorrentStatus | Remove-Torrent -Confirm:$false
        }
        Get-TorrentPatron | Stop-TorrentPatron
    }

    Context 'New-TorrentPatron' {
        It 'shares the session''s service, unless it has its own settings' {
            $one = New-TorrentPatron one
            $two = New-TorrentPatron two
            $own = New-TestPatron -Name 'own' -StatePath $here

            $one | Should -BeOfType TorrentPatron.Service.Patron
            [object]::ReferenceEquals($one.Service, $two.Service) | Should -BeTrue
            [object]::ReferenceEquals($one.Service, $own.Service) | Should -BeFalse
            $own.StatePath | Should -Be $here
            $one.StatePath | Should -Be $env:TORRENTPATRON_STATE
        }

        It 'opens no port before the first torrent' {
            $own = New-TestPatron -Name 'own' -StatePath $here
            $own.Port | Should -BeNullOrEmpty
            $null = Start-Torrent $content.Torrent -Destination $here -Patron $own -Suspended
            $own.Port | Should -BeGreaterThan 0
            $own.Engine.ListenEndPoints.Address.ToString() | Should -Be '127.0.0.1'
        }

        It 'accepts a state folder relative to the current location' {
            Push-Location $TestDrive
            try {
                (New-TorrentPatron -StatePath 'relative').StatePath | Should -Be (Join-Path $TestDrive 'relative')
            } finally {
                Pop-Location
            }
        }

        It 'passes its settings to its engine' {
            $own = New-TorrentPatron -Port -1 -MaxDownloadRate 1MB -MaxUploadRate 2MB -MaxPeers 7 -MaxPeersPerTorrent 3 -StatusInterval 2s
            $client = $own.Service.Settings.Client

            $client.ListenPort | Should -Be -1
            $client.Limits.Download | Should -Be 1MB
            $client.Limits.Upload | Should -Be 2MB
            $client.MaxPeers | Should -Be 7
            $client.MaxPeersPerTorrent | Should -Be 3
            $client.StatusInterval | Should -Be ([timespan]::FromSeconds(2))
        }

        It 'connects to peers <How>, and shows it for each' -ForEach @(
            @{ How = 'encrypted if required'; Setting = 'Encryption'; First = 'Require'; Shown = 'Rc4'; Then = 'Off'; ThenShown = 'None' }
            @{ How = 'by uTP if asked for'; Setting = 'Transport'; First = 'Utp'; Shown = 'Utp'; Then = 'Tcp'; ThenShown = 'Tcp' }
        ) {
            $peer = Start-TestSeed $content -StatePath "$here-seeds"
            $parameters = @{ $Setting = $First }
            $patron = New-TorrentPatron -Name 'strict' -BindAddress 127.0.0.1 -StatePath $here @parameters
            $patron.$Setting | Should -Be $First
            $leech = Start-Torrent $content.Torrent -Destination $here -Patron $patron -Peer $peer -MaxDownloadRate 32KB
            Wait-TestCondition { $leech | Get-TorrentPeer } | Should -BeTrue
            ($leech | Get-TorrentPeer).$Setting | Should -Be $Shown
            (Get-TorrentPeer $content.Name -Patron "seeder-$($content.Name)").$Setting | Should -Be $Shown

            $parameters = @{ $Setting = $Then }
            $patron | Set-TorrentPatron @parameters
            $patron.$Setting | Should -Be $Then
            $leech | Suspend-Torrent
            $leech | Resume-Torrent
            Wait-TestCondition { $leech | Get-TorrentPeer } | Should -BeTrue
            ($leech | Get-TorrentPeer).$Setting | Should -Be $ThenShown
        }

        It 'accepts an engine by name, and reports a missing one' {
            (New-TorrentPatron -Engine torrentpatron).Service.Settings.Engine | Should -Be 'TorrentPatron'
            { New-TorrentPatron -Engine nosuch } | Should -Throw -ErrorId 'EngineNotFound,TorrentPatron.PowerShell.Commands.NewTorrentPatronCommand'
            (TabExpansion2 'New-TorrentPatron -Engine ' -cursorColumn 26).CompletionMatches.CompletionText | Should -Contain 'TorrentPatron'
        }

        It 'warns that its port is not available' {
            $first = New-TestPatron -Name 'first' -StatePath (Join-Path $here 1)
            $null = Start-Torrent $content.Torrent -Destination $here -Patron $first -Suspended
            $second = New-TorrentPatron second -BindAddress 127.0.0.1 -Port $first.Port -StatePath (Join-Path $here 2)
            $null = Start-Torrent $other.Torrent -Destination $here -Patron $second -Suspended -WarningVariable warning -WarningAction SilentlyContinue

            $warning | Should -BeLike "*$($first.Port)*"
        }
    }

    Context 'Set-TorrentPatron -Default' {
        It 'chooses the patron for commands without -Patron, until that is undone or the patron is stopped' {
            $first = New-TestPatron -Name 'first' -StatePath "$here-first"
            $second = New-TestPatron -Name 'second' -StatePath "$here-second"
            Set-TorrentPatron first -Default -WhatIf
            $first.IsDefault | Should -BeFalse
            Set-TorrentPatron first -Default
            $null = Start-Torrent $content.Torrent -Destination $here -Suspended
            $first.OwnStatuses.Name | Should -Be 'data.bin'
            ($second | Set-TorrentPatron -Default -MaxPeers 77 -PassThru).IsDefault | Should -BeTrue
            $first.IsDefault | Should -BeFalse
            Set-TorrentPatron -MaxPeers 78
            $second.MaxPeers | Should -Be 78

            $first | Set-TorrentPatron -Default:$false
            $second.IsDefault | Should -BeTrue
            $second | Set-TorrentPatron -Default:$false
            $second.IsDefault | Should -BeFalse
            (Set-TorrentPatron -MaxPeers 76 -PassThru).Name | Should -Be 'default'
            Set-TorrentPatron second -Default
            $second | Stop-TorrentPatron
            (Set-TorrentPatron -Default -PassThru).Name | Should -Be 'default'
        }

        It 'accepts only one patron' {
            $null = New-TorrentPatron one
            $null = New-TorrentPatron two
            Set-TorrentPatron one, two -Default -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -Be 'InvalidArgument,TorrentPatron.PowerShell.Commands.SetTorrentPatronCommand'
            (Get-TorrentPatron | Where-Object IsDefault).Name | Should -Be 'one'
        }
    }

    Context 'Get-TorrentPatron' {
        It 'shows none at first, and then the existing ones' {
            Get-TorrentPatron | Should -BeNullOrEmpty
            $null = New-TorrentPatron one
            $null = New-TestPatron -Name 'two' -StatePath $here

            # The default patron attaches the session to its service.
            $attached = @((Test-WithService) ? 'default' : @())
            (Get-TorrentPatron).Name | Should -Be ($attached + 'one', 'two')
            (Get-TorrentPatron t*).Name | Should -Be 'two'
            Get-TorrentPatron none* | Should -BeNullOrEmpty
        }

        It 'reports an unknown name' {
            Get-TorrentPatron nobody -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem.FullyQualifiedErrorId | Should -Be 'PatronNotFound,TorrentPatron.PowerShell.Commands.GetTorrentPatronCommand'
        }
    }

    Context 'Stop-TorrentPatron' {
        It 'stops the torrents that the patron started, and nothing else' {
            Skip-WithService 'its torrents run on when a patron is stopped'
            $one = New-TorrentPatron one
            $two = New-TorrentPatron two
            $null = Start-Torrent $content.Torrent -Destination $here -Patron $one -Suspended
            $null = Start-Torrent $other.Torrent -Destination $here -Patron $two -Suspended
            $one | Stop-TorrentPatron

            $one.IsStopped | Should -BeTrue
            (Get-TorrentStatus).Name | Should -Be 'other.bin'
            (Get-TorrentPatron).Name | Should -Be 'two'
        }

        It 'with -WhatIf stops nothing' {
            $one = New-TorrentPatron one
            Stop-TorrentPatron one -WhatIf
            $one.IsStopped | Should -BeFalse
        }

        It 'lets the session start again' {
            $null = Start-Torrent $content.Torrent -Destination $here -Suspended
            Stop-TorrentPatron default
            Get-TorrentPatron | Should -BeNullOrEmpty
            (Start-Torrent $content.Torrent -Destination $here -Suspended).Name | Should -Be 'data.bin'
        }
    }

    Context 'Two patrons' {
        It 'receive only their own answers and events' {
            $one = New-TorrentPatron one
            $two = New-TorrentPatron two
            $null = Register-ObjectEvent $one NewTorrentCreated -SourceIdentifier 'one'
            $null = Register-ObjectEvent $two NewTorrentCreated -SourceIdentifier 'two'
            $null = Start-Torrent $content.Torrent -Destination $here -Patron $one -Suspended
            $null = Start-Torrent $other.Torrent -Destination $here -Patron $two -Suspended
            (Wait-Event 'one' -Timeout 10).SourceEventArgs.Status.Name | Should -Be 'data.bin'
            (Wait-Event 'two' -Timeout 10).SourceEventArgs.Status.Name | Should -Be 'other.bin'
            @(Get-Event) | Should -HaveCount 2
            Get-Event | Remove-Event
        }
    }

    Context 'Events' {
        It 'include Completed once, when the files are complete' {
            $peer = Start-TestSeed -Content $content -StatePath (Join-Path $here 'seed-state')
            $patron = New-TestPatron -Name 'leecher' -StatePath (Join-Path $here 'state')
            $fired = [Collections.Generic.List[object]]::new()
            $null = Register-ObjectEvent $patron Completed -MessageData $fired -Action {
                $Event.MessageData.Add([pscustomobject]@{ Args = $EventArgs; Size = (Get-Item $EventArgs.Status.Path).Length })
            }
            $null = Start-Torrent $content.Torrent -Destination $here -Peer $peer -Patron $patron -Timeout 120
            Wait-TestCondition { $fired.Count -gt 0 } | Should -BeTrue
            Start-Sleep -Milliseconds 500

            $fired | Should -HaveCount 1
            $fired[0].Args.Message.Reason | Should -Be Downloaded
            $fired[0].Args.Status.IsComplete | Should -BeTrue
            $fired[0].Size | Should -Be 4MB
        }

        It 'reach -Action handlers while a cmdlet waits' {
            $patron = New-TestPatron -Name 'leecher' -StatePath (Join-Path $here 'state')
            $seen = [Collections.Generic.List[object]]::new()
            $null = Register-ObjectEvent $patron TorrentStatusUpdate -MessageData $seen -Action { $Event.MessageData.Add($EventArgs) }
            $null = Register-ObjectEvent $patron StateChanged -MessageData $seen -Action { $Event.MessageData.Add($EventArgs) }
            $timer = [Timers.Timer]::new(100)
            $null = Register-ObjectEvent $timer Elapsed -MessageData $seen -Action { $Event.MessageData.Add('tick') }
            $timer.Start()
            $status = Start-Torrent $content.Torrent -Destination $here -Patron $patron
            $during = & { $status | Wait-Torrent -Timeout 2 -ErrorAction SilentlyContinue; $seen.Count }
            $timer.Dispose()

            $during | Should -BeGreaterThan 2
        }
    }
}
