BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Size 16MB
    $script:peer = Start-TestSeed $content
    $script:modulePath = Get-TestModulePath

    # Each script begins with the module, and a patron on loopback.
    function Invoke-Child {
        param([string] $Folder, [string] $Script, [switch] $NoWait)

        Invoke-TestScript -Folder $Folder -NoWait:$NoWait -Script @"
Import-Module '$modulePath'
`$patron = New-TorrentPatron child -BindAddress 127.0.0.1 -StatePath '$Folder/state' -StatusInterval 0.2
$Script
"@
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Processes' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:files = Join-Path $here 'files'
    }

    It 'exits soon with its own exit code while a torrent is still downloading' {
        $child = Invoke-Child $here @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Peer '$peer' -MaxDownloadRate 1MB
Start-Sleep -Milliseconds 500
'leaving ' + [DateTime]::UtcNow.ToString('o')
exit 3
"@
        $left = [DateTime]::UtcNow
        $leaving = [DateTime]::Parse(($child.Output -like 'leaving *') -replace 'leaving ', [cultureinfo]::InvariantCulture).ToUniversalTime()

        $child.ExitCode | Should -Be 3
        ($left - $leaving).TotalSeconds | Should -BeLessThan 4
    }

    It 'refuses a torrent that another process runs with the same state' {
        $patron = New-TestPatron -Name 'first' -StatePath (Join-Path $here 'state')
        $null = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Suspended
        $child = Invoke-Child $here @"
Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -ErrorVariable problem -ErrorAction SilentlyContinue
`$problem.FullyQualifiedErrorId
`$problem.Exception.Message
"@
        $state = (Get-TorrentStatus -Patron $patron).State
        $patron | Stop-TorrentPatron

        $child.Output[0] | Should -Be 'TorrentInUse,TorrentPatron.PowerShell.Commands.StartTorrentCommand'
        $child.Output[1] | Should -BeLike "*process $PID*"
        $state | Should -Be Suspended
    }

    It 'continues after it was killed' {
        $process = Invoke-Child $here -NoWait @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Peer '$peer' -MaxDownloadRate 4MB
while (`$true) {
    (Get-TorrentStatus).VerifiedPieces | Set-Content '$here/verified'
    Start-Sleep -Milliseconds 50
}
"@
        try {
            Wait-TestCondition { [int] (Get-Content "$here/verified" -ErrorAction Ignore | Select-Object -First 1) -ge 80 } | Should -BeTrue
        } finally {
            $process.Kill()
            $process.WaitForExit()
        }

        $patron = New-TestPatron -Name 'heir' -StatePath (Join-Path $here 'state')
        try {
            $resumed = Start-Torrent $content.Torrent -Destination $files -Patron $patron
            Wait-TestCondition { (Get-TorrentStatus -Patron $patron).State -eq 'Downloading' } | Should -BeTrue
            $resumed = Get-TorrentStatus -Patron $patron
            $done = Start-Torrent $content.Torrent -Destination $files -Patron $patron -Peer $peer -Timeout 120
        } finally {
            $patron | Stop-TorrentPatron
        }

        $resumed.IsComplete | Should -BeFalse
        $resumed.VerifiedPieces | Should -BeGreaterThan 0
        $resumed.RecheckedPieces | Should -BeLessThan $resumed.PieceCount
        Test-SameContent $done.Path $content.File | Should -BeTrue
    }

    It 'ends its torrents with the module' {
        $child = Invoke-Child $here @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Suspended
Remove-Module TorrentPatron
Import-Module '$modulePath'
@(Get-TorrentPatron).Count
`$again = New-TorrentPatron again -BindAddress 127.0.0.1 -StatePath '$here/state'
(Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$again -Suspended).State
"@
        $child.Output | Should -Be '0', 'Suspended'
    }

    It 'gives each runspace its own patrons and ends them with it' {
        $child = Invoke-Child $here @"
`$null = Start-Torrent '$($content.Torrent)' -Destination '$files' -Patron `$patron -Suspended
`$job = Start-ThreadJob {
    Import-Module '$modulePath'
    `$inner = New-TorrentPatron inner -BindAddress 127.0.0.1 -StatePath '$here/inner'
    `$null = Start-Torrent '$($content.Torrent)' -Destination '$files/inner' -Patron `$inner -Suspended
    (Get-TorrentPatron).Name
    `$inner
}
`$name, `$inner = `$job | Receive-Job -Wait -AutoRemoveJob
`$name
(Get-TorrentPatron).Name
# The job ends a moment before its runspace is closed.
for (`$i = 0; `$i -lt 200 -and -not `$inner.IsStopped; `$i++) { Start-Sleep -Milliseconds 50 }
`$inner.IsStopped
"@
        $child.Output | Should -Be 'inner', 'child', 'True'
    }
}

Describe 'A script of these tests' {
    BeforeDiscovery {
        $program = Join-Path $PSHOME ($IsWindows ? 'pwsh.exe' : 'pwsh')
        $hasItsOwnDotnet = Test-Path (Join-Path $PSHOME '*hostfxr*')
        $script:shells = @(
            @{ Kind = 'installed as a program'; Shell = @($program); Absent = -not (Test-Path $program) }
            @{
                Kind   = 'installed as a .NET tool'
                Shell  = 'dotnet', (Join-Path $PSHOME 'pwsh.dll')
                Absent = $hasItsOwnDotnet -or -not (Get-Command dotnet -ErrorAction Ignore)
            }
        )
    }

    It 'runs in this PowerShell, in the started process itself: <Kind>' -ForEach $shells {
        if ($Absent) {
            Set-ItResult -Skipped -Because 'PowerShell cannot be started so here'
        }
        $tests = Join-Path $PSScriptRoot 'TestSwarm.psm1'
        $first = @($Shell | Select-Object -Skip 1)
        $said = & $Shell[0] @first -NoProfile -NonInteractive -Command @"
Import-Module '$tests'
`$run = Invoke-TestScript '$(Join-Path $TestDrive 'a child')' '`$PID; `$PSHOME; exit 3'
`$run.ProcessId - `$run.Output[0]
`$run.Output[1]
`$run.ExitCode
"@
        $said | Should -Be '0', $PSHOME, '3'
    }
}
