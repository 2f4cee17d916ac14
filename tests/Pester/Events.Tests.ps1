BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content, $script:other, $script:peer = Start-TestSwarm
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Events and messages' {
    BeforeEach {
        $script:files, $script:patron = New-TestLeecher
    }

    AfterEach {
        Clear-TestEvent
        $patron | Stop-TorrentPatron
    }

    Context 'Register-TorrentEvent' {
        It 'queues events of all torrents, with their message and status' {
            Register-TorrentEvent NewTorrentCreated -SourceIdentifier new -Patron $patron | Should -BeNullOrEmpty
            Register-TorrentEvent Completed done -Patron leecher
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer
            $done = Wait-Event done -Timeout 120

            $done.SourceEventArgs.Status.IsComplete | Should -BeTrue
            $done.SourceEventArgs.InfoHash | Should -Be (Get-TorrentStatus -Patron $patron).InfoHash
            $done.SourceEventArgs.Message.Reason | Should -Be Downloaded
            $done.Sender | Should -Be $patron
            @(Get-Event new) | Should -HaveCount 1
            Get-EventSubscriber | Should -HaveCount 2
        }

        It 'includes torrents that already run, with their status' {
            foreach ($name in 'TorrentAlreadyDownloading', 'TorrentStatusUpdate') {
                Register-TorrentEvent $name $name -Patron $patron
            }
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -MaxDownloadRate 500KB -Peer $peer
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron

            (Wait-Event TorrentAlreadyDownloading -Timeout 10).SourceEventArgs.Status.Name | Should -Be 'data.bin'
            (Wait-Event TorrentStatusUpdate -Timeout 10 | Select-Object -First 1).SourceEventArgs.Status.Name | Should -Be 'data.bin'
        }

        It 'queues nothing without a subscription' {
            $null = Start-Torrent $other.Torrent -Destination $files -Patron $patron -Suspended
            Get-Event | Should -BeNullOrEmpty
        }

        It 'runs an action while a cmdlet waits, and keeps its output in a job' {
            $seen = [Collections.Generic.List[string]]::new()
            $job = Register-TorrentEvent StateChanged -Patron $patron -MessageData $seen -Action {
                $Event.MessageData.Add("$($EventArgs.Status.State)")
                "from the action: $($Sender.Name)"
            }
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
            Wait-TestCondition { $seen -contains 'Seeding' } | Should -BeTrue

            $job | Should -BeOfType System.Management.Automation.PSEventJob
            $job | Receive-Job | Select-Object -First 1 | Should -Be 'from the action: leecher'
        }

        It 'listens to chosen torrents only: by <By>' -ForEach @(
            @{ By = 'name'; Filter = { @{ Name = 'OTHER*' } } }
            @{ By = 'info hash'; Filter = { @{ InfoHash = (Get-TorrentInfo $other.Torrent).InfoHash.Substring(0, 6) } } }
        ) {
            $filter = & $Filter
            Register-TorrentEvent NewTorrentCreated some -Patron $patron @filter
            Register-TorrentEvent NewTorrentCreated all -Patron $patron
            $null = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended
            Wait-TestCondition { @(Get-Event all -ErrorAction Ignore).Count -eq 2 } | Should -BeTrue
            (Get-Event some).SourceEventArgs.Status.Name | Should -Be 'other.bin'
        }

        It 'listens to the patron that started the torrents from the pipeline' {
            $running = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron
            $running[0] | Register-TorrentEvent StateChanged changed
            $running | Suspend-Torrent
            (Wait-Event changed -Timeout 10).SourceEventArgs.Status.Name | Should -Be 'data.bin'
            @(Get-Event changed) | Should -HaveCount 1
            $running | Stop-Torrent
            $running[0] | Register-TorrentEvent StateChanged -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem.FullyQualifiedErrorId | Should -BeLike 'TorrentNotFound,*'
        }

        It 'reports failed starts' {
            Register-TorrentEvent TorrentStartFail failed -Patron $patron
            Start-Torrent $content.File -Destination $files -Patron $patron -ErrorAction SilentlyContinue
            (Wait-Event failed -Timeout 10).SourceEventArgs.Message.Error.Id | Should -Be 'InvalidTorrent'
        }

        It 'reports once that a torrent on disk is complete, with the reason' {
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120 | Stop-Torrent
            Register-TorrentEvent Completed done -Patron $patron
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Wait -Timeout 120 | Stop-Torrent
            $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Recheck -Wait -Timeout 120
            Wait-TestCondition { @(Get-Event done -ErrorAction Ignore).Count -ge 2 } | Should -BeTrue
            (Get-Event done).SourceEventArgs.Message.Reason | Should -Be AlreadyOnDisk, Rechecked
        }

        It 'ends after -MaxTriggerCount, and with Unregister-Event' {
            Register-TorrentEvent StateChanged once -Patron $patron -MaxTriggerCount 1
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            $null = $running | Suspend-Torrent
            Wait-TestCondition { -not (Get-EventSubscriber once -ErrorAction Ignore) } | Should -BeTrue
            $null = $running | Resume-Torrent
            @(Get-Event once) | Should -HaveCount 1

            Register-TorrentEvent StateChanged more -Patron $patron
            Unregister-Event more
            $null = $running | Suspend-Torrent
            Get-Event more -ErrorAction Ignore | Should -BeNullOrEmpty
        }

        It 'shows the event''s own name in Get-EventSubscriber, and refuses a duplicate name' {
            Register-TorrentEvent StateChanged named -Patron $patron -Name data*
            (Get-EventSubscriber named).EventName | Should -Be 'StateChanged'
            { Register-TorrentEvent Completed named -Patron $patron } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'hides subscriptions with -SupportEvent, and refuses -Action with -Forward' {
            Register-TorrentEvent Completed hidden -Patron $patron -SupportEvent -Action { }
            Get-EventSubscriber | Should -BeNullOrEmpty
            Get-EventSubscriber -Force | Where-Object SourceIdentifier -eq hidden | Unregister-Event -Force
            { Register-TorrentEvent Completed -Action { } -Forward } | Should -Throw -ErrorId 'InvalidArgument,*'
        }

        It 'forwards events of a job''s session with -Forward' {
            $job = Start-Job {
                $env:TORRENTPATRON_SERVICE = ''
                Import-Module $using:PSScriptRoot/TestSwarm.psm1
                $patron = New-TestPatron -Name 'inner' -StatePath "$using:files-inner"
                Register-TorrentEvent NewTorrentCreated forwarded -Patron $patron -Forward
                $null = Start-Torrent ($using:other).Torrent -Destination "$using:files" -Patron $patron -Suspended
                $null = Wait-Event never -Timeout 1
            }
            $forwarded = Wait-Event forwarded -Timeout 120
            $job | Remove-Job -Force
            $forwarded.SourceArgs[1].InfoHash | Should -Be (Get-TorrentInfo $other.Torrent).InfoHash
        }
    }

    Context 'Receive-TorrentMessage' {
        It 'takes messages in order, each once' {
            $patron | Receive-TorrentMessage | Should -BeNullOrEmpty
            $running = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
            $null = $running | Stop-Torrent
            $messages = @(Receive-TorrentMessage leecher -Wait -Timeout 10)

            $messages[0] | Should -BeOfType TorrentPatron.Engine.Client.NewTorrentCreated
            $messages[0].InfoHash, $messages[0].Kind | Should -Be $running.InfoHash, 'NewTorrentCreated'
            $messages[-1].Kind | Should -Be 'TorrentClosed'
            Receive-TorrentMessage -Patron $patron | Should -BeNullOrEmpty
        }

        It 'waits for a message, at most for -Timeout' {
            $patron | Receive-TorrentMessage
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $patron | Receive-TorrentMessage -Timeout 0.3 | Should -BeNullOrEmpty
            $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.25
            $start = @{ Path = $other.Torrent; Destination = $files; Patron = $patron; Suspended = $true }
            $subscription = Register-TestTimer 200 $start { $start = $Event.MessageData; Start-Torrent @start }
            ($patron | Receive-TorrentMessage -Wait -Timeout 120 | Select-Object -First 1).Kind | Should -Be 'NewTorrentCreated'
            $subscription | Remove-Job -Force
        }

        It 'leaves the other messages in the outbox when a later command needs no more' {
            $patron | Receive-TorrentMessage
            $null = Start-Torrent $content.Torrent, $other.Torrent -Destination $files -Patron $patron -Suspended
            Wait-TestCondition { $null -ne (Get-TorrentStatus -Patron $patron | Where-Object State -eq Suspended) } | Should -BeTrue
            $first = $patron | Receive-TorrentMessage -Wait -Timeout 10 | Select-Object -First 1
            $rest = @($patron | Receive-TorrentMessage -Wait -Timeout 10)

            $first.Kind | Should -Be 'NewTorrentCreated'
            $rest.Kind | Should -Contain 'NewTorrentCreated'
            $rest.Status.Name | Should -Contain 'other.bin'
        }

        It 'shows messages within 80 columns' {
            $patron | Receive-TorrentMessage
            $null = Start-Torrent $content.Torrent, $content.File -Destination $files -Patron $patron -Suspended -ErrorAction SilentlyContinue
            $text = $patron | Receive-TorrentMessage -Wait -Timeout 10 | Out-String -Width 80
            $text | Should -BeLike '*NewTorrentCreated*data.bin*'
            ($text -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
        }
    }
}
