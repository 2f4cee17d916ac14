BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

# Windows has none.
Describe 'A signal that ends the process' -Skip:$IsWindows {
    It 'SIG<Name> informs the trackers, saves the totals, and lets no script continue' -ForEach @(
        @{ Name = 'TERM'; ExitCode = 143 }
        @{ Name = 'HUP'; ExitCode = 129 }
    ) {
        $here = Join-Path $TestDrive $Name
        $content = New-TestContent -Folder (Join-Path $here 'seed')
        $other = New-TestContent -Folder (Join-Path $here 'other')
        $told = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $tracker = Start-TestListener @{ Told = $told } {
            param($context, $state)
            $state.Told.Enqueue($context.Request.QueryString['event'])
            if ($context.Request.QueryString['event'] -eq 'stopped') {
                # A script that waits for another patron's torrent would otherwise continue meanwhile.
                Start-Sleep -Seconds 2.5
            }
            $context.Response.OutputStream.Write([Text.Encoding]::ASCII.GetBytes('d8:intervali1800e5:peers0:e'))
        }
        $process = Invoke-TestScript $here -NoWait @"
Import-Module '$modulePath'
`$patron = New-TorrentPatron child -BindAddress 127.0.0.1 -StatePath '$here/state'
`$null = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Patron `$patron -Wait
`$slow = New-TorrentPatron slow -BindAddress 127.0.0.1 -StatePath '$here/slow'
`$null = Start-Torrent '$($other.Torrent)' -Destination '$($other.Folder)' -Patron `$slow -Tracker '$($tracker.Uri)announce' -Wait
`$patron.Port | Set-Content '$here/new'
Rename-Item '$here/new' port
`$null = Wait-Torrent -Patron `$patron -Until Stopped
'The wait has ended.' | Set-Content '$here/went-on'
"@
        try {
            Wait-TestCondition { Test-Path "$here/port" } | Should -BeTrue
            $leecher = New-TestPatron -Name "leecher-$Name" -StatePath "$here/leecher"
            $null = Start-Torrent $content.Torrent -Destination "$here/files" -Patron $leecher -Peer "127.0.0.1:$(Get-Content "$here/port")" -Timeout 120
            $leecher | Stop-TorrentPatron
            Wait-TestCondition { $told -contains 'started' } | Should -BeTrue
            kill -s $Name $process.Id
            $process.WaitForExit(20000) | Should -BeTrue
        } finally {
            $process.Kill()
            $tracker.Listener.Stop()
        }

        $process.ExitCode | Should -Be $ExitCode
        $told | Should -Contain 'stopped'
        Test-Path "$here/went-on" | Should -BeFalse
        $heir = New-TestPatron -Name "heir-$Name" -StatePath "$here/state"
        $again = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $heir -Suspended
        $again.BytesSent | Should -Be 4MB
        $again.Ratio | Should -Be 1
        $again.SeedingTime | Should -BeGreaterThan ([timespan]::Zero)
        $again.RecheckedPieces | Should -Be 0
    }

    It 'is handled by the module only while there is a patron, in any runspace' -Skip:(-not $IsLinux) {
        $run = Invoke-TestScript (Join-Path $TestDrive 'registered') @"
function Test-Caught {
    # SIGHUP, which PowerShell itself does not handle.
    `$mask = (Get-Content "/proc/`$PID/status") -match '^SigCgt:' -replace '^\S+\s+'
    [bool] ([Convert]::ToUInt64(`$mask, 16) -band 1)
}
Import-Module '$modulePath'
Test-Caught
`$null = New-TorrentPatron outer -StatePath '$TestDrive/outer'
`$null = Start-ThreadJob {
    Import-Module '$modulePath'
    New-TorrentPatron inner -StatePath '$TestDrive/inner'
} | Receive-Job -Wait -AutoRemoveJob
Test-Caught
Remove-Module TorrentPatron
for (`$i = 0; `$i -lt 200 -and (Test-Caught); `$i++) { Start-Sleep -Milliseconds 50 }
Test-Caught
"@
        $run.Error | Should -BeNullOrEmpty
        $run.Output | Should -Be 'False', 'True', 'False'
    }
}
