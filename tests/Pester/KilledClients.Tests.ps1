# Sessions that are killed while they wait for a service: it continues, and nothing of them is left in it.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath
    $script:content = New-TestContent -Size 1MB
    $script:place = New-ShortFolder
    $script:socket = New-TestSocket $place
    $script:service = Start-TestShellService -StatePath "$TestDrive/state" -Socket $socket

    # Each is a waiting session. The torrent has no peers, so that no wait ends by itself.
    $script:waits = [ordered]@{
        'Start-Torrent -Wait'         = "`$null = Start-Torrent '$($content.Torrent)' -Destination '$TestDrive/files' -Wait"
        'Wait-Torrent'                = "`$null = Wait-Torrent '$($content.Name)'"
        'Wait-Torrent -Until Stopped' = "`$null = Wait-Torrent '$($content.Name)' -Until Stopped"
        'Watch-Torrent'               = "`$null = Watch-Torrent -Continuous"
        'Receive-TorrentMessage'      = 'while ($true) { $null = Receive-TorrentMessage -Wait }'
        'Start-Torrent -AsJob'        = "Start-Torrent '$($content.Torrent)' -Destination '$TestDrive/files' -AsJob | Wait-Job"
        'Register-TorrentEvent'       = "Register-TorrentEvent Completed done; `$null = Wait-Event done"
        'Save-TorrentMetadata'        = "Save-TorrentMetadata 'magnet:?xt=urn:btih:$('ab' * 20)' -Destination '$TestDrive/fetched'"
        'nothing, in a pipeline'      = 'Get-TorrentStatus | ForEach-Object { Start-Sleep 600 }'
    }

    function Start-Client {
        # One session for each wait; returned when all are attached.
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param()

        $before = (Get-TorrentService -Socket $socket).Clients
        $clients = foreach ($wait in $waits.Values) {
            Invoke-TestScript -Folder (Join-Path $TestDrive 'clients') -NoWait -Script "Import-Module '$modulePath'; `$null = Connect-TorrentPatron -Socket '$socket'; $wait"
        }
        # Nine shells that start in parallel take a while on a busy machine.
        Wait-TestCondition -Seconds 180 { (Get-TorrentService -Socket $socket).Clients -ge $before + $clients.Count } | Should -BeTrue
        $clients
    }

    function Stop-Client {
        [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
        param($Client)

        $Client | ForEach-Object { $_.Kill() }
        $Client | ForEach-Object { $_.WaitForExit() }
        # The client that asks is counted too.
        Wait-TestCondition { (Get-TorrentService -Socket $socket).Clients -eq $own } | Should -BeTrue
    }

    function Get-Descriptor {
        @(Get-ChildItem "/proc/$($service.Id)/fd").Count
    }
}

AfterAll {
    Disconnect-TorrentPatron
    Stop-TestProcess
    Remove-Item $place -Recurse -Force
}

Describe 'Sessions that are killed while they wait' -Skip:(-not $IsLinux) {
    # More rounds, to look for leaks: TORRENTPATRON_KILL_ROUNDS.
    It 'leave the torrent running, and nothing else in the service' {
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination "$TestDrive/files"
        $script:own = (Get-TorrentService -Socket $socket).Clients
        $rounds = $env:TORRENTPATRON_KILL_ROUNDS ? [int] $env:TORRENTPATRON_KILL_ROUNDS : 2
        $descriptors = @()
        for ($round = 0; $round -lt $rounds; $round++) {
            $clients = Start-Client
            # At a random moment.
            Start-Sleep -Milliseconds (Get-Random -Maximum 1500)
            $clients.HasExited | Should -Not -Contain $true
            Stop-Client $clients

            $service.HasExited | Should -BeFalse
            (Get-TorrentStatus $content.Name).State | Should -Be Downloading
            $descriptors += Get-Descriptor
        }
        Write-Verbose "Open descriptors after each round: $descriptors" -Verbose:([bool] $env:TORRENTPATRON_KILL_ROUNDS)

        # Some that .NET opens at first, and no more in each round.
        $descriptors[-1] | Should -BeLessOrEqual ($descriptors[0] + 5)
        # The torrent that Save-TorrentMetadata waited for does not run.
        Wait-TestCondition { @(Get-TorrentStatus).Count -eq 1 } | Should -BeTrue
    }

    It 'do not keep others from controlling it' {
        Suspend-Torrent $content.Name
        (Get-TorrentStatus $content.Name).State | Should -Be Suspended
        Stop-Torrent $content.Name
        Get-TorrentStatus | Should -BeNullOrEmpty
    }
}
