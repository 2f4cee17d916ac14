# Scripts that a service runs for events of its torrents, in real processes.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:content = New-TestContent -Size 200KB
    $script:peer = Start-TestSeed $content

    $script:place = New-ShortFolder

    function Start-HookService {
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param()

        Start-TestShellService -StatePath "$here/state" -Socket $socket
        $null = Connect-TorrentPatron -Socket $socket -ErrorAction Stop
    }

    function Stop-HookService {
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param($Process)

        Disconnect-TorrentPatron
        kill -s TERM $Process.Id
        $Process.WaitForExit(20000) | Should -BeTrue
    }

    function Wait-HookRun {
        # The last run of a hook that has run this many times.
        param([string] $Name, [int] $Runs = 1)

        Wait-TestCondition { (Get-TorrentHook $Name).Runs -ge $Runs } | Should -BeTrue
        (Get-TorrentHook $Name).LastRun
    }
}

AfterAll {
    Stop-TestProcess
    Get-TorrentPatron | Stop-TorrentPatron
    Remove-Item $place -Recurse -Force
}

Describe 'Hooks of a service' -Skip:$IsWindows {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:socket = New-TestSocket $place
        $null = New-Item -ItemType Directory $here
    }

    AfterEach {
        Disconnect-TorrentPatron
    }

    It 'are saved with it, and run in the next one after a download, with the event' {
        $service = Start-HookService
        $hook = Register-TorrentHook Completed -Name 'note it' -Torrent 'data*' -ScriptBlock ([scriptblock]::Create(@"
`$input | ConvertFrom-Json | Add-Member variables "`$env:TORRENTPATRON_EVENT `$env:TORRENTPATRON_NAME" -PassThru | ConvertTo-Json -Depth 5 > '$here/note'
'some output'
"@))
        $hook.IsSaved | Should -BeTrue
        $hook.LastRun | Should -BeNullOrEmpty
        Stop-HookService $service

        $null = Start-HookService
        (Get-TorrentHook).Name | Should -Be 'note it'
        $torrent = Start-Torrent $content.Torrent -Destination "$here/files" -Peer $peer -Tag one, two -Wait -Timeout 120
        $run = Wait-HookRun 'note it'

        $run.Outcome | Should -Be Succeeded
        $run.ExitCode | Should -Be 0
        $run.Output | Should -Be 'some output'
        $run.Torrent | Should -Be $content.Name
        $run.StartedAt | Should -BeOfType datetime
        $note = Get-Content "$here/note" -Raw | ConvertFrom-Json
        $note.event | Should -Be Completed
        $note.infoHash | Should -Be $torrent.InfoHash
        $note.path | Should -Be (Join-Path $here files $content.Name)
        $note.tags | Should -Be one, two
        $note.variables | Should -Be "Completed $($content.Name)"
        (Get-TorrentHook | Format-Table | Out-String -Width 80) | Should -Match 'Completed\s+1\s+0\s+Succeeded\s+0\s+note it'
    }

    It 'run again for a completion if the service was killed before they ended' {
        $service = Start-HookService
        $null = Register-TorrentHook Completed -Name once -ScriptBlock ([scriptblock]::Create("'once' >> '$here/ran'"))
        $null = Register-TorrentHook Completed -Name twice -ScriptBlock ([scriptblock]::Create(@"
"`$PID" >> '$here/begun'
if (@(Get-Content '$here/begun').Count -eq 1) { Start-Sleep 1000 }
"@))
        $torrent = Start-Torrent $content.Torrent -Destination "$here/files" -Peer $peer -Wait -Timeout 120
        (Wait-HookRun once).Outcome | Should -Be Succeeded
        Wait-TestCondition { Test-Path "$here/begun" } | Should -BeTrue
        Disconnect-TorrentPatron
        $service.Kill()
        $service.WaitForExit()
        Join-Path $here state hooks pending $torrent.InfoHash | Should -Exist
        # A script that has not ended survives its service, and the next service does not know it.
        Stop-Process -Id ([int](Get-Content "$here/begun"))

        $service = Start-HookService
        $run = Wait-HookRun twice
        $run.Outcome | Should -Be Succeeded
        $run.InfoHash | Should -Be $torrent.InfoHash
        Stop-HookService $service

        # It is done, and raises no event again.
        @(Get-Content "$here/begun").Count | Should -Be 2
        Get-Content "$here/ran" | Should -Be once
        Get-ChildItem (Join-Path $here state hooks pending) | Should -BeNullOrEmpty
        $null = Start-HookService
        Wait-TestCondition { (Get-TorrentStatus $content.Name).State -eq 'Seeding' } | Should -BeTrue
        (Get-TorrentHook).Runs | Should -Be 0, 0
    }

    It 'record an exit code, a timeout that leaves no process, and a missing script' {
        $null = Start-HookService
        'throw "away"' | Set-Content "$here/gone.ps1"
        $null = Register-TorrentHook Completed -Name code -ScriptBlock { [Console]::Error.WriteLine('why'); exit 3 }
        $null = Register-TorrentHook Completed -Name slow -TimeoutSeconds 4 -ScriptBlock ([scriptblock]::Create(
            "Set-Content '$here/pid' `$PID; /bin/sh -c 'echo `$`$ > $here/child; exec sleep 1000'"))
        $null = Register-TorrentHook Completed -Name gone -ScriptPath "$here/gone.ps1"
        $null = Register-TorrentHook Completed -Name other -Tag none -ScriptBlock { }
        Remove-Item "$here/gone.ps1"
        $null = Start-Torrent $content.Torrent -Destination "$here/files" -Peer $peer -Wait -Timeout 120

        $code = Wait-HookRun code
        $code.Outcome, $code.ExitCode, $code.Output | Should -Be Failed, 3, 'why'
        $gone = Wait-HookRun gone
        $gone.Outcome | Should -Be NotStarted
        $gone.Error.Id | Should -Be HookNotRun
        $slow = Wait-HookRun slow
        $slow.Outcome | Should -Be TimedOut
        $slow.ExitCode | Should -BeNullOrEmpty
        $slow.Error.Id | Should -Be TimeoutReached
        foreach ($file in 'pid', 'child') {
            if (Test-Path "$here/$file") {
                $id = [int](Get-Content "$here/$file")
                Wait-TestCondition { -not (Get-Process -Id $id -ErrorAction Ignore) } | Should -BeTrue
            }
        }
        (Get-TorrentHook other).Runs | Should -Be 0
        (Get-TorrentStatus | Where-Object Destination -EQ "$here/files").State | Should -Be Seeding
    }

    It 'have unique names, are completed, and can be removed' {
        $null = Start-HookService
        Register-TorrentHook Completed -Name one -ScriptBlock { } -WhatIf
        Get-TorrentHook | Should -BeNullOrEmpty
        $null = Register-TorrentHook Completed, Failed -Name one -ScriptBlock { 1 }
        $null = Register-TorrentHook Removed { 2 } -Name two
        { Register-TorrentHook Warning -Name ONE -ScriptBlock { } -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidArgument,*'
        { Get-TorrentHook three -ErrorAction Stop } | Should -Throw -ErrorId 'HookNotFound,*'
        { Unregister-TorrentHook three -ErrorAction Stop } | Should -Throw -ErrorId 'HookNotFound,*'
        { Register-TorrentHook Failed -ScriptPath "$here/no.ps1" -ErrorAction Stop } | Should -Throw -ErrorId 'HookNotRun,*'
        (TabExpansion2 'Get-TorrentHook t').CompletionMatches.CompletionText | Should -Be two
        (Get-TorrentHook one).On | Should -Be Completed, Failed
        (Get-TorrentHook one).ScriptBlock.Trim() | Should -Be 1

        Unregister-TorrentHook * -WhatIf
        Get-TorrentHook t* | Unregister-TorrentHook
        (Get-TorrentHook).Name | Should -Be one
        Unregister-TorrentHook *
        Get-TorrentHook | Should -BeNullOrEmpty
    }
}

Describe 'Hooks of the session''s own engine' {
    It 'run until the process ends' {
        Skip-WithService 'hooks of a service are saved'
        $here = Join-Path $TestDrive 'own'
        $patron = New-TestPatron -Name own -StatePath "$here/state"
        $hook = Register-TorrentHook SeedGoalReached, Completed -Patron own -ScriptBlock { $env:TORRENTPATRON_DESTINATION }
        $hook.IsSaved | Should -BeFalse
        $null = Start-Torrent $content.Torrent -Destination "$here/files" -Patron own -Peer $peer -Timeout 120

        Wait-TestCondition { (Get-TorrentHook -Patron own).Runs -eq 1 } | Should -BeTrue
        (Get-TorrentHook -Patron own).LastRun.Output | Should -Be (Join-Path $here files)
        $patron | Stop-TorrentPatron
    }
}
