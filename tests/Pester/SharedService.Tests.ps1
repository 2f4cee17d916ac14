BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath
    $script:content = New-TestContent
    $script:peer = Start-TestSeed $content
    $script:place = New-ShortFolder

    function Start-TestService {
        # A service that this PowerShell hosts, in a new process.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param()

        Start-TestShellService -StatePath $state -Socket $socket
    }

    function Invoke-Client {
        # A separate session that is connected to the service.
        param([string] $Script, [switch] $NoWait)

        Invoke-TestScript -Folder $here -NoWait:$NoWait -Script @"
Import-Module '$modulePath'
`$patron = Connect-TorrentPatron client -Socket '$socket' -ErrorAction Stop
$Script
"@
    }
}

AfterAll {
    Stop-TestProcess
    Get-TorrentPatron | Stop-TorrentPatron
    Remove-Item $place -Recurse -Force
}

Describe 'A service that the sessions of a user share' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:files = Join-Path $here 'files'
        $script:state = Join-Path $here 'state'
        $script:socket = New-TestSocket $place
    }

    AfterEach {
        Disconnect-TorrentPatron
    }

    It 'downloads for a session that has ended, and another session can show and stop the torrent' {
        $service = Start-TestService
        $service.Line | Should -Be "The service listens on $($IsWindows ? "\\.\pipe\$socket" : $socket) (process $($service.Id)). Press Ctrl-C to stop."

        $first = Invoke-Client "Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '$peer' -MaxDownloadRate 4MB | Select-Object -ExpandProperty Name"
        $first.Output | Should -Be $content.Name
        $first.ExitCode | Should -Be 0

        $second = Invoke-Client @"
(Get-TorrentStatus).Name
(Wait-Torrent '$($content.Name)' -Timeout 120).IsComplete
`$patron.IsRemote
`$patron.OwnStatuses.Count
Stop-Torrent '$($content.Name)'
@(Get-TorrentStatus).Count
"@
        $second.Output | Should -Be @($content.Name, 'True', 'True', '0', '0')
        Test-SameContent (Join-Path $files $content.Name) $content.File | Should -BeTrue
        $service.HasExited | Should -BeFalse
    }

    It 'keeps a torrent whose client is killed while it waits' -Skip:$IsWindows {
        $null = Start-TestService
        $client = Invoke-Client -NoWait @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files'
'waits' | Set-Content '$here/waits'
Wait-Torrent '$($content.Name)'
"@
        Wait-TestCondition { Test-Path "$here/waits" } | Should -BeTrue
        kill -s KILL $client.Id
        $client.WaitForExit(20000) | Should -BeTrue

        $other = Invoke-Client @"
"`$((Get-TorrentStatus).State)"
Add-TorrentPeer '$($content.Name)' -Peer '$peer'
(Wait-Torrent '$($content.Name)' -Timeout 120).IsComplete
"@
        $other.Output | Should -Be @('Downloading', 'True')
    }

    It 'stops on SIG<Signal> with exit code 0, and the next one restores the torrents' -Skip:$IsWindows -ForEach @(
        @{ Signal = 'TERM' }
        @{ Signal = 'HUP' }
    ) {
        $service = Start-TestService
        $other = New-TestContent -Folder (Join-Path $here 'other') -Name 'other.bin' -Size 200KB
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Timeout 120 -Wait
        $null = Start-Torrent $other.Torrent -Destination $files -Suspended

        kill -s $Signal $service.Id
        $service.WaitForExit(20000) | Should -BeTrue
        $service.ExitCode | Should -Be 0
        { Start-Torrent $other.Torrent -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'

        $null = Start-TestService
        $null = Connect-TorrentPatron -Socket $socket
        (Get-TorrentStatus | Where-Object Destination -EQ $files).State | Sort-Object | Should -Be @('Seeding', 'Suspended')
        @(Get-TorrentPatron | Where-Object IsRemote) | Should -HaveCount 1
    }

    # 'script' gives it a terminal.
    It 'stops on Ctrl-C with exit code 0, and its state is saved' -Skip:(-not ($IsLinux -and (Get-Command script -CommandType Application -ErrorAction Ignore))) {
        $command = "Import-Module '$modulePath'; Start-TorrentService -Foreground -BindAddress 127.0.0.1 -StatePath '$state' -Socket '$socket'; 'next'"
        # 'exec': a shell that stays as the parent, as dash does, is ended by Ctrl-C too, and its exit code would be returned.
        $words = @(Get-TestShell) + '-NoProfile', '-Command', $command | ForEach-Object { "'$($_.Replace("'", "'\''"))'" }
        $line = "exec $words"
        $terminal = Start-TestProcess 'script', '--quiet', '--return', '--command', $line, '/dev/null'
        Wait-TestCondition { Test-Path $socket } | Should -BeTrue
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $files -Suspended

        $terminal.StandardInput.Write([char]3)
        $terminal.StandardInput.Flush()
        $terminal.WaitForExit(20000) | Should -BeTrue
        $terminal.ExitCode | Should -Be 0
        $terminal.StandardOutput.ReadToEnd() | Should -Not -Match 'next'
        Test-Path $socket | Should -BeFalse
        Get-ChildItem $state -Recurse -Filter resume | Should -HaveCount 1
    }

    It 'continues after it was killed' -Skip:$IsWindows {
        $service = Start-TestService
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Timeout 120 -Wait
        $service.Kill()
        $service.WaitForExit()
        { Get-TorrentStatus -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'
        { Wait-Torrent $content.Name -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'

        $null = Start-TestService
        (Invoke-Client "(Wait-Torrent '$($content.Name)' -Timeout 120).IsComplete").Output | Should -Be 'True'
    }

    It 'keeps waits, jobs and events alive with -Reconnect when it is killed' -Skip:$IsWindows {
        $service = Start-TestService
        $client = Invoke-TestScript -Folder $here -NoWait -Script @"
Import-Module '$modulePath'
`$patron = Connect-TorrentPatron client -Socket '$socket' -ReconnectTimeout 2m
Register-TorrentEvent Completed done
`$job = Start-Torrent '$($content.Torrent)' -Destination '$files' -AsJob
while (-not (Get-TorrentStatus)) { Start-Sleep -Milliseconds 20 }
"waits `$(`$patron.Reconnects) `$(`$patron.IsConnected)" | Set-Content '$here/waits'
`$waited = Wait-Torrent '$($content.Name)' -Timeout 100
"`$(`$waited.IsComplete) `$((`$job | Wait-Job -Timeout 120).State) `$(@(Wait-Event done -Timeout 120).Count) `$(`$patron.OwnStatuses.Count)" | Set-Content '$here/result'
"@
        Wait-TestCondition { Test-Path "$here/waits" } | Should -BeTrue
        Get-Content "$here/waits" | Should -Be 'waits True True'
        kill -s KILL $service.Id
        $service.WaitForExit(20000) | Should -BeTrue
        $client.WaitForExit(1000) | Should -BeFalse

        $null = Start-TestService
        $null = Connect-TorrentPatron -Socket $socket
        Add-TorrentPeer $content.Name -Peer $peer
        $client.WaitForExit(60000) | Should -BeTrue
        Get-Content "$here/result" | Should -Be 'True Completed 1 1'
    }

    It 'is started by -StartIfNeeded, and the next session finds it' -Skip:$IsWindows {
        $null = New-Item -ItemType Directory $here
        $script = "`$env:TORRENTPATRON_STATE = '$(Join-Path $place ([guid]::NewGuid().ToString('N').Substring(0, 8)))'; Import-Module '$modulePath'"
        $first = Invoke-TestScript -Folder $here -Script @"
$script
Connect-TorrentPatron -StartIfNeeded -WhatIf
@(Get-TorrentPatron).Count
(Connect-TorrentPatron -StartIfNeeded).IsRemote
(Get-TorrentService).ProcessId
try { Connect-TorrentPatron -StartIfNeeded -Scope Machine } catch { `$_.FullyQualifiedErrorId }
"@
        $second = Invoke-TestScript -Folder $here -Script @"
$script
(Connect-TorrentPatron -StartIfNeeded).IsRemote
(Get-TorrentService).ProcessId
Stop-TorrentService
"@
        $first.Output[0] | Should -BeLike '*Start the user''s service*'
        $first.Output[1, 2] | Should -Be '0', 'True'
        $first.Output[4] | Should -BeLike 'InvalidArgument,*'
        $second.Output | Should -Be 'True', $first.Output[3]
    }

    It 'is abandoned after a while with -Reconnect, and waits fail' -Skip:$IsWindows {
        $service = Start-TestService
        $patron = Connect-TorrentPatron -Socket $socket -ReconnectTimeout 2s
        $null = Start-Torrent $content.Torrent -Destination $files
        kill -s KILL $service.Id
        Wait-TestCondition { -not $patron.IsConnected } | Should -BeTrue
        (Get-TorrentStatus $content.Name -WarningVariable warning -WarningAction SilentlyContinue).State | Should -Contain 'Downloading'
        "$warning" | Should -BeLike '*is lost and is being restored*as they were last seen*'
        $problem = { Wait-Torrent $content.Name -Timeout 120 -WarningAction SilentlyContinue -ErrorAction Stop } |
            Should -Throw -ErrorId 'ServiceUnavailable,*' -PassThru
        $problem.Exception.Message | Should -BeLike '*was lost and not restored within 2 s*'
        $problem.ErrorDetails.RecommendedAction | Should -BeLike '*connect again*'
    }

    It 'ends a watch and a wait for messages when it is killed' -Skip:$IsWindows {
        foreach ($command in "Watch-Torrent -Continuous", "Receive-TorrentMessage -Wait") {
            $service = Start-TestService
            $client = Invoke-Client -NoWait @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files'
Receive-TorrentMessage
'waits' | Set-Content '$here/waits'
try { $command -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId | Set-Content '$here/result' }
"@
            Wait-TestCondition { Test-Path "$here/waits" } | Should -BeTrue
            kill -s KILL $service.Id
            $client.WaitForExit(30000) | Should -BeTrue
            Get-Content "$here/result" | Should -BeLike 'ServiceUnavailable,*'
            Remove-Item "$here/waits", "$here/result"
        }
    }

    It 'can be hosted by patron' {
        $program = Get-TestPatronProgram
        if (-not $program) {
            Set-ItResult -Skipped -Because 'patron is not built'
        }
        $null = Start-TestProgram dotnet, exec, $program, service, '--state', $state, '--socket', $socket, '--no-dht', '--no-local-discovery'
        $client = Invoke-Client "(Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '$peer' -Wait -Timeout 120).IsComplete"
        $client.Output | Should -Be 'True'
    }

    It 'becomes the session''s default patron, until the session disconnects' {
        $null = Start-TestService
        $patron = Connect-TorrentPatron shared -Socket $socket
        $patron | Should -BeOfType TorrentPatron.Service.Patron
        $null = Start-Torrent $content.Torrent -Destination $files -Suspended
        Get-TorrentStatus -Patron shared | Should -HaveCount 1
        $patron.OwnStatuses | Should -HaveCount 1
        $patron.StatePath | Should -Be $state

        Disconnect-TorrentPatron -WhatIf
        $patron.IsStopped | Should -BeFalse
        Disconnect-TorrentPatron
        $patron.IsStopped | Should -BeTrue
        Get-TorrentStatus $content.Name -ErrorAction SilentlyContinue | Where-Object State -EQ Suspended | Should -BeNullOrEmpty
        $null = Connect-TorrentPatron -Socket $socket
        Get-TorrentStatus | Where-Object State -EQ Suspended | Should -HaveCount 1
    }

    It 'is used by default if TORRENTPATRON_SERVICE asks for it' -Skip:$IsWindows {
        $shared = Split-Path $socket
        $script = @"
`$env:TORRENTPATRON_STATE = '$shared'
`$env:TORRENTPATRON_SERVICE = 'Shared'
Import-Module '$modulePath'
"@
        $none = Invoke-TestScript -Folder $here -Script "$script`nGet-TorrentStatus"
        "$($none.Error)" | Should -BeLike '*No service runs at*'
        $none = Invoke-TestScript -Folder $here -Script @"
$script
try { Start-Torrent '$($content.Torrent)' -Destination '$files' -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId; `$_.ErrorDetails.RecommendedAction }
(New-TorrentPatron own -BindAddress 127.0.0.1 -StatePath '$here/own').IsRemote
@(Get-TorrentStatus -Patron own).Count
"@
        $none.Output[0] | Should -BeLike 'ServiceUnavailable,*'
        $none.Output[1] | Should -BeLike '*TORRENTPATRON_SERVICE*'
        $none.Output[2..3] | Should -Be @('False', '0')

        $environment = "`$env:TORRENTPATRON_STATE = '$shared'; Import-Module '$modulePath'; Start-TorrentService -Foreground -BindAddress 127.0.0.1"
        $null = Start-TestProgram (Get-TestShell $environment)
        $first = Invoke-TestScript -Folder $here -Script @"
$script
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files' -Suspended
`$patron = Get-TorrentPatron
"`$(`$patron.Name) `$(`$patron.IsRemote) `$(`$patron.IsDefault)"
(New-TorrentPatron second).IsRemote
Disconnect-TorrentPatron
(Get-TorrentStatus).State
Remove-Item env:TORRENTPATRON_SERVICE
Receive-TorrentMessage
@(Get-TorrentPatron | Where-Object IsDefault).IsRemote
"@
        $first.Output | Should -Be @('default True True', 'True', 'Suspended', 'False')
        $second = Invoke-TestScript -Folder $here -Script "$script`n(Get-TorrentStatus).Name; Get-TorrentStatus | Stop-Torrent"
        $second.Output | Should -Be $content.Name
        $else = Invoke-TestScript -Folder $here -Script "$script`n`$env:TORRENTPATRON_SERVICE = 'else'; Get-TorrentStatus"
        "$($else.Error)" | Should -BeLike "*TORRENTPATRON_SERVICE is 'else'*"
    }

    It 'refuses a second one at the same address' {
        $null = Start-TestService
        { Start-TorrentService -Foreground -Socket $socket -StatePath "$here/second" } | Should -Throw -ErrorId 'ServiceRunning,*'
    }

    It 'names the remedy if there is none' {
        $problem = { Connect-TorrentPatron -Socket $socket } | Should -Throw -ErrorId 'ServiceUnavailable,*' -PassThru
        $problem.ErrorDetails.RecommendedAction | Should -BeLike '*Start-TorrentService*patron service*'
        $problem.CategoryInfo.Category | Should -Be ConnectionError
    }

    It 'disconnects only patrons that are connected' {
        $own = New-TestPatron -Name 'own' -StatePath $state
        Disconnect-TorrentPatron own -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $own.IsStopped | Should -BeFalse
        $own | Stop-TorrentPatron
    }
}
