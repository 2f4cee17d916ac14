BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Size 16MB
    $script:peer = Start-TestSeed $content
    $script:modulePath = Get-TestModulePath

    # The form that about_TorrentPatron_Automation recommends.
    function Get-NightlyScript {
        param([string] $Folder, [string] $Arguments)

        @"
`$ErrorActionPreference = 'Stop'
Import-Module '$modulePath'
`$env:TORRENTPATRON_STATE = '$Folder/state'
try {
    Start-Torrent '$($content.Torrent)' -Destination '$Folder/files' $Arguments
} catch {
    [Console]::Error.WriteLine("`$(`$_.FullyQualifiedErrorId): `$_")
    exit 1
}
"@
    }
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
}

Describe 'Scheduled tasks' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
    }

    It 'exit with 0 and no other output when all is complete' {
        $run = Invoke-TestScript $here (Get-NightlyScript $here "-Peer $peer -Timeout 120")

        $run.ExitCode | Should -Be 0
        $run.Error | Should -BeNullOrEmpty
        $run.Output -join "`n" | Should -BeLike '*100.0*data.bin*'
        Test-SameContent "$here/files/data.bin" $content.File | Should -BeTrue

        # Again: nothing to do, and no error.
        (Invoke-TestScript $here (Get-NightlyScript $here '-Timeout 120')).ExitCode | Should -Be 0
    }

    It 'exit with 1 and one clear line: <Case>' -ForEach @(
        @{ Case = 'too late'; Arguments = '-Timeout 0.5'; Line = 'TimeoutReached,*''data.bin'' was not complete after 1s*' }
        @{ Case = 'stalled'; Arguments = '-StallTimeout 0.5'; Line = 'TorrentStalled,*''data.bin'' has received nothing*' }
        @{ Case = 'no room'; Arguments = '-MinimumFreeSpace 100PB -Wait'; Line = 'InsufficientDiskSpace,*' }
        @{ Case = 'no such parameter value'; Arguments = '-Timeout soon'; Line = '*Timeout*' }
    ) {
        $run = Invoke-TestScript $here (Get-NightlyScript $here $Arguments)

        $run.ExitCode | Should -Be 1
        $run.Error | Should -HaveCount 1
        $run.Error | Should -BeLike $Line
    }

    It 'exit with 1 at the first unhandled error' {
        $run = Invoke-TestScript $here @"
`$ErrorActionPreference = 'Stop'
Import-Module '$modulePath'
Start-Torrent '$here/none.torrent' -Wait
'not reached'
"@
        $run.ExitCode | Should -Be 1
        $run.Output | Should -Not -Contain 'not reached'
        $run.Error -join ' ' | Should -BeLike '*none.torrent*does not exist*'
    }

    It 'never ask for confirmation' {
        $run = Invoke-TestScript $here @"
`$ErrorActionPreference = 'Stop'
Import-Module '$modulePath'
`$patron = New-TorrentPatron child -BindAddress 127.0.0.1 -StatePath '$here/state'
`$torrent = Start-Torrent '$($content.Torrent)' -Destination '$here/files' -Patron `$patron -Suspended
`$torrent | Set-Torrent -Tag x
`$torrent | Resume-Torrent
`$torrent | Suspend-Torrent
`$torrent | Add-TorrentPeer -Peer 127.0.0.1:1
`$torrent | Add-TorrentTracker -Uri http://127.0.0.1:1/announce
`$torrent | Remove-TorrentTracker -Uri *
`$torrent | Set-TorrentFile -Priority High
`$torrent | Stop-Torrent
Restore-Torrent -Patron `$patron | Remove-Torrent -DeleteData -Confirm:`$false
`$patron | Set-TorrentPatron -MaxPeers 5
`$patron | Stop-TorrentPatron
'done'
"@
        $run.Error | Should -BeNullOrEmpty
        $run.Output[-1] | Should -Be 'done'
    }

    # Windows has no signals.
    It 'continue after SIGTERM' -Skip:$IsWindows {
        $process = Invoke-TestScript $here (Get-NightlyScript $here "-Peer $peer -MaxDownloadRate 4MB -Wait") -NoWait
        try {
            Wait-TestCondition { (Get-ChildItem "$here/state" -Recurse -File -ErrorAction Ignore | Where-Object Name -eq journal).Length -gt 300 } |
                Should -BeTrue
        } finally {
            kill -TERM $process.Id
            $process.WaitForExit(20000) | Should -BeTrue
        }

        $process.ExitCode | Should -Be 143
        $run = Invoke-TestScript $here @"
`$ErrorActionPreference = 'Stop'
Import-Module '$modulePath'
`$env:TORRENTPATRON_STATE = '$here/state'
`$found = Restore-Torrent | Wait-Torrent -Timeout 2 -ErrorAction SilentlyContinue
`$found = Get-TorrentStatus
'{0} {1}' -f (`$found.VerifiedPieces -gt 0), (`$found.RecheckedPieces -lt `$found.PieceCount)
`$done = Start-Torrent '$($content.Torrent)' -Destination '$here/files' -Peer $peer -Timeout 120
`$done.IsComplete
"@
        $run.Output | Should -Be 'True True', 'True'
        $run.ExitCode | Should -Be 0
        Test-SameContent "$here/files/data.bin" $content.File | Should -BeTrue
    }
}

Describe 'Many threads' {
    It 'share one patron: 20 runspaces start 200 torrents, and each gets its own answers' {
        $here = Join-Path $TestDrive 'many'
        $null = New-Item -ItemType Directory -Path $here
        foreach ($number in 1..200) {
            [IO.File]::WriteAllText("$here/file$number.txt", "content $number")
        }
        $torrents = Get-ChildItem $here -Filter file*.txt | New-TorrentFile -Destination $here
        $torrents | Should -HaveCount 200
        $patron = New-TestPatron -Name 'shared' -StatePath (Join-Path $TestDrive 'many-state')
        try {
            $patron | Receive-TorrentMessage
            # All at once: a runspace that finishes early must not take another's turn.
            $barrier = [Threading.Barrier]::new(20)
            $answers = 0..19 | ForEach-Object -ThrottleLimit 20 -Parallel {
                Import-Module $using:modulePath
                $null = ($using:barrier).SignalAndWait(30000)
                $mine = ($using:torrents)[($_ * 10)..($_ * 10 + 9)]
                $started = $mine | Start-Torrent -Destination $using:here -Patron $using:patron -Timeout 120
                [pscustomobject]@{ Asked = $mine.BaseName; Got = $started.Name; Complete = $started.IsComplete; Session = [runspace]::DefaultRunspace.Id }
            }

            $answers | Should -HaveCount 20
            $answers.Session | Sort-Object -Unique | Should -HaveCount 20
            foreach ($answer in $answers) {
                $answer.Got | Sort-Object | Should -Be ($answer.Asked | Sort-Object)
                $answer.Complete | Should -Not -Contain $false
            }
            $patron.OwnStatuses | Should -HaveCount 200
            (Get-TorrentStatus -Patron $patron -Completed).InfoHash | Sort-Object -Unique | Should -HaveCount 200
            $messages = $patron | Receive-TorrentMessage
            @($messages | Where-Object Kind -eq NewTorrentCreated) | Should -HaveCount 200
            @($messages | Where-Object Kind -eq TorrentCompleted) | Should -HaveCount 200
        } finally {
            $patron | Stop-TorrentPatron
        }
    }

    It 'share one patron with Start-ThreadJob too' {
        $patron = New-TestPatron -Name 'shared' -StatePath (Join-Path $TestDrive 'thread-state')
        $files = Join-Path $TestDrive 'thread'
        $done = Start-ThreadJob {
            Import-Module $using:modulePath
            Start-Torrent ($using:content).Torrent -Destination $using:files -Patron $using:patron -Peer $using:peer -Timeout 120
        } | Receive-Job -Wait -AutoRemoveJob

        $done.IsComplete | Should -BeTrue
        (Get-TorrentStatus -Patron $patron).State | Should -Be Seeding
        $patron | Stop-TorrentPatron
    }
}

Describe 'The recipes in README' {
    It 'work when pasted one after another' {
        $here = Join-Path $TestDrive 'recipes'
        $readme = Get-Content (Join-Path $PSScriptRoot '../../README.md') -Raw
        $section = $readme.Substring($readme.IndexOf('## Five recipes'))
        $section = $section.Substring(0, $section.IndexOf("`n## ", 5))
        $recipes = [regex]::Matches($section, '(?s)```powershell\n(.*?)\n```').ForEach({ $_.Groups[1].Value })
        $recipes | Should -HaveCount 5

        $run = Invoke-TestScript $here "Import-Module '$modulePath'`n$($recipes -join "`n'--- next'`n")"
        $run.Error | Should -BeNullOrEmpty
        $run.ExitCode | Should -Be 0
        @($run.Output -eq '--- next') | Should -HaveCount 4
        $run.Output | Should -Contain 'True'
        $run.Output -join "`n" | Should -BeLike '*Failed (SourceNotReadable,*'
    }
}
