BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath
    $script:content = New-TestContent -Folder (Join-Path $TestDrive 'seed')
    $script:peer = Start-TestSeed -Content $content -StatePath (Join-Path $TestDrive 'seed-state')
    $script:windows = [bool](Get-Variable IsWindows -ValueOnly)

    # A folder of the user's own, with a short path: a socket's may have 107 bytes.
    $script:place = [IO.Directory]::CreateTempSubdirectory('tp-').FullName
    $script:processes = [Collections.Generic.List[Diagnostics.Process]]::new()

    function Start-HostProcess {
        # A service, whose first line says where it listens.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param([string[]] $Command)

        $start = [Diagnostics.ProcessStartInfo]::new($Command[0])
        $Command | Select-Object -Skip 1 | ForEach-Object { $start.ArgumentList.Add($_) }
        $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        $processes.Add($process)
        $process | Add-Member Line $process.StandardOutput.ReadLine() -PassThru
    }

    function Start-TestService {
        # One that this PowerShell hosts.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param()

        $command = "Import-Module '$modulePath'; Start-TorrentService -Foreground -BindAddress 127.0.0.1 -StatePath '$state' -Socket '$socket'"
        Start-HostProcess (@(Get-TestShell) + '-NoProfile', '-NonInteractive', '-Command', $command)
    }

    function Invoke-Client {
        # A session of its own, connected to the service.
        param([string] $Script, [switch] $NoWait)

        Invoke-TestScript -Folder $here -NoWait:$NoWait -Script @"
Import-Module '$modulePath'
`$patron = Connect-TorrentPatron client -Socket '$socket' -ErrorAction Stop
$Script
"@
    }
}

AfterAll {
    $processes | Where-Object { -not $_.HasExited } | ForEach-Object { $_.Kill() }
    Get-TorrentPatron | Stop-TorrentPatron
    Remove-Item $place -Recurse -Force
}

Describe 'A service that the sessions of a user share' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:files = Join-Path $here 'files'
        $script:state = Join-Path $here 'state'
        $name = [guid]::NewGuid().ToString('N').Substring(0, 8)
        $script:socket = if ($windows) { "TorrentPatron-test-$name" } else { Join-Path $place $name 's' }
    }

    AfterEach {
        Disconnect-TorrentPatron
    }

    It 'downloads for a session that has gone, and shows it to another one, which stops it' {
        $service = Start-TestService
        $service.Line | Should -Be "The service listens on $($windows ? "\\.\pipe\$socket" : $socket) (process $($service.Id)). Ctrl-C ends it."

        $first = Invoke-Client "Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '$peer' -MaxDownloadRate 4MB | Select-Object -ExpandProperty Name"
        $first.Output | Should -Be $content.Name
        $first.ExitCode | Should -Be 0

        $second = Invoke-Client @"
(Get-TorrentStatus).Name
(Wait-Torrent '$($content.Name)' -Timeout 50).IsComplete
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
(Wait-Torrent '$($content.Name)' -Timeout 50).IsComplete
"@
        $other.Output | Should -Be @('Downloading', 'True')
    }

    It 'ends by SIG<Signal> with exit code 0, and the next one goes on with the torrents as they were' -Skip:$IsWindows -ForEach @(
        @{ Signal = 'TERM' }
        @{ Signal = 'HUP' }
    ) {
        $service = Start-TestService
        $other = New-TestContent -Folder (Join-Path $here 'other') -Name 'other.bin' -Size 200KB
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Timeout 30 -Wait
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

    It 'goes on after it was killed' -Skip:$IsWindows {
        $service = Start-TestService
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $files -Peer $peer -Timeout 30 -Wait
        $service.Kill()
        $service.WaitForExit()
        { Get-TorrentStatus -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'
        { Wait-Torrent $content.Name -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'

        $null = Start-TestService
        (Invoke-Client "(Wait-Torrent '$($content.Name)' -Timeout 30).IsComplete").Output | Should -Be 'True'
    }

    It 'is hosted by patron as well' {
        $program = Join-Path $PSScriptRoot '../../src/TorrentPatron.Cli/bin'
        $program = Get-ChildItem $program -Recurse -Filter patron.dll | Sort-Object LastWriteTime -Descending | Select-Object -First 1
        if (-not $program) {
            Set-ItResult -Skipped -Because 'patron is not built'
        }
        $null = Start-HostProcess dotnet, exec, $program.FullName, service, '--state', $state, '--socket', $socket, '--no-dht', '--no-local-discovery'
        $client = Invoke-Client "(Start-Torrent '$($content.Torrent)' -Destination '$files' -Peer '$peer' -Wait -Timeout 50).IsComplete"
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

    It 'refuses a second one in the same place' {
        $null = Start-TestService
        { Start-TorrentService -Foreground -Socket $socket -StatePath "$here/second" } | Should -Throw -ErrorId 'ServiceRunning,*'
    }

    It 'says what to do where there is none' {
        $problem = { Connect-TorrentPatron -Socket $socket } | Should -Throw -ErrorId 'ServiceUnavailable,*' -PassThru
        $problem.ErrorDetails.RecommendedAction | Should -BeLike '*patron service*Start-TorrentService -Foreground*'
        $problem.CategoryInfo.Category | Should -Be ConnectionError
        { Start-TorrentService } | Should -Throw -ErrorId 'NotSupported,*'
    }

    It 'disconnects only patrons that are connected' {
        $own = New-TestPatron -Name 'own' -StatePath $state
        Disconnect-TorrentPatron own -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'InvalidArgument,*'
        $own.IsStopped | Should -BeFalse
        $own | Stop-TorrentPatron
    }
}
