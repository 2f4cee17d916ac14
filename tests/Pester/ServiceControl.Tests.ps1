# The process of the service: started in the background, shown, restarted, stopped.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestSwarm.psm1')
    $script:modulePath = Get-TestModulePath
    $script:place = New-ShortFolder
    $script:content = New-TestContent -Size 1MB
}

AfterAll {
    Get-TorrentPatron | Stop-TorrentPatron
    Remove-Item $place -Recurse -Force
}

Describe 'A service in the background' {
    BeforeEach {
        $script:here = Join-Path $TestDrive ([guid]::NewGuid())
        $script:socket = New-TestSocket $place
        $script:settings = @{ Socket = $socket; StatePath = (Join-Path $here 'state'); BindAddress = '127.0.0.1' }
    }

    AfterEach {
        Disconnect-TorrentPatron
        if ((Get-TorrentService -Socket $socket).State -ne 'Stopped') {
            Stop-TorrentService -Socket $socket
        }
    }

    It 'outlives the session that started it, and another session can show and stop it' {
        $first = Invoke-TestScript -Folder $here -Script @"
Import-Module '$modulePath'
`$service = Start-TorrentService -Socket '$socket' -StatePath '$($settings.StatePath)' -BindAddress 127.0.0.1 -MaxUploadRate 3MB
`$service.State
`$service.ProcessId
`$null = Connect-TorrentPatron -Socket '$socket'
`$null = Start-Torrent '$($content.Torrent)' -Destination '$($content.Folder)' -Wait -Timeout 120
"@
        $first.Error | Should -BeNullOrEmpty
        $first.Output[0] | Should -Be 'Running'

        $service = Get-TorrentService -Socket $socket
        $service.State | Should -Be 'Running'
        $service.ProcessId | Should -Be $first.Output[1]
        $service.ProcessId | Should -Not -Be $first.ProcessId
        $service.Version | Should -Be (Get-Module TorrentPatron).Version
        $service.Torrents | Should -Be 1
        $service.Clients | Should -Be 1
        $service.Uptime | Should -BeGreaterThan ([timespan]::Zero)
        $service.StatePath | Should -Be $settings.StatePath
        (Connect-TorrentPatron -Socket $socket).MaxUploadRate | Should -Be 3MB

        $process = Get-Process -Id $service.ProcessId
        Stop-TorrentService -Socket $socket
        $process.WaitForExit(20000) | Should -BeTrue
        (Get-TorrentService -Socket $socket).State | Should -Be 'Stopped'
        (Get-TorrentService -Socket $socket).ProcessId | Should -BeNullOrEmpty
        { Get-TorrentStatus -ErrorAction Stop } | Should -Throw -ErrorId 'ServiceUnavailable,*'
    }

    It 'has no terminal: ending the group of its starter does not end it' -Skip:$IsWindows {
        $service = Start-TorrentService @settings
        $session = (Get-Content "/proc/$($service.ProcessId)/stat") -replace '^.*\) ' -split ' '
        $session[3] | Should -Be $service.ProcessId
        Get-Item "/proc/$($service.ProcessId)/fd/1" | ForEach-Object Target | Should -Be '/dev/null'
        Get-Content "/proc/$($service.ProcessId)/cmdline" -Raw | Should -Not -BeLike '*127.0.0.1*'
    }

    It 'continues with its torrents and settings in a new process after a restart' {
        $before = Start-TorrentService @settings -MaxDownloadRate 2MB -PeerClass @{ Name = "it's"; Range = '10.0.0.0/8'; MaxUploadRate = 1MB } -ProxyFor Trackers -Proxy socks5://127.0.0.1:1 -ProxyCredential ([pscredential]::new('me', (ConvertTo-SecureString "p'w" -AsPlainText -Force)))
        $null = Connect-TorrentPatron -Socket $socket
        $null = Start-Torrent $content.Torrent -Destination $content.Folder -Wait -Timeout 120
        $after = Restart-TorrentService -Socket $socket -PassThru
        $after.State | Should -BeIn 'Running', 'Restoring'
        $after.ProcessId | Should -Not -Be $before.ProcessId
        $patron = Connect-TorrentPatron -Socket $socket
        $patron.MaxDownloadRate | Should -Be 2MB
        "$($patron.PeerClasses)" | Should -BeLike "*it's*"
        (Wait-Torrent $content.Name -Timeout 120).State | Should -Be 'Seeding'
    }

    It 'is not started twice, and -WhatIf starts, stops and restarts nothing' {
        $null = Start-TorrentService @settings -WhatIf
        (Get-TorrentService -Socket $socket).State | Should -Be 'Stopped'
        $service = Start-TorrentService @settings
        { Start-TorrentService @settings } | Should -Throw -ErrorId 'ServiceRunning,*'
        Stop-TorrentService -Socket $socket -WhatIf
        Restart-TorrentService -Socket $socket -WhatIf
        (Get-TorrentService -Socket $socket).ProcessId | Should -Be $service.ProcessId
    }

    It 'reports why it could not be started' -Skip:$IsWindows {
        $folder = New-Item -ItemType Directory (Join-Path $place 'open')
        chmod 777 $folder
        { Start-TorrentService -Socket (Join-Path $folder 's') -StatePath (Join-Path $here 'state') } | Should -Throw -ErrorId 'ServiceFolderUnsafe,*'
    }

    It 'is an error to stop or restart if none runs' {
        { Stop-TorrentService -Socket $socket } | Should -Throw -ErrorId 'ServiceUnavailable,*'
        { Restart-TorrentService -Socket $socket } | Should -Throw -ErrorId 'ServiceUnavailable,*'
    }
}

Describe 'A service that systemd runs' -Skip:(-not $IsLinux) {
    It 'reports that it is ready and stopping, logs with priorities, and exits with 0: <Kind>' -ForEach @(
        @{ Kind = 'a path' }
        @{ Kind = 'an abstract name' }
    ) {
        # The test provides systemd's socket.
        $here = Join-Path $TestDrive ([guid]::NewGuid())
        $folder = New-Item -ItemType Directory -Force (Join-Path $place ([guid]::NewGuid().ToString('N').Substring(0, 8)))
        $name = $Kind -eq 'a path' ? "$folder/notify" : "tp-$([guid]::NewGuid().ToString('N'))"
        $systemd = [Net.Sockets.Socket]::new('Unix', 'Dgram', 'Unspecified')
        $systemd.ReceiveTimeout = 60000
        $systemd.Bind([Net.Sockets.UnixDomainSocketEndPoint]::new($Kind -eq 'a path' ? $name : "`0$name"))
        function Receive-State([string] $State) {
            $buffer = [byte[]]::new(4096)
            do {
                $told = [Text.Encoding]::UTF8.GetString($buffer, 0, $systemd.Receive($buffer)) -split "`n"
            } until ($told -contains $State)
        }
        $process = Start-TestShellService -StatePath "$here/state" -Socket "$folder/s/s" -NoWait -Environment @{
            NOTIFY_SOCKET      = $Kind -eq 'a path' ? $name : "@$name"
            WATCHDOG_USEC      = '1000000'
            TORRENTPATRON_UNIT = 'test.service'
            JOURNAL_STREAM     = '1:2'
        }
        try {
            Receive-State 'READY=1'
            $service = Get-TorrentService -Socket "$folder/s/s"
            $service.Unit | Should -Be 'test.service'
            $service.ProcessId | Should -Be $process.Id
            Receive-State 'WATCHDOG=1'
            kill -s TERM $process.Id
            Receive-State 'STOPPING=1'
            $process.WaitForExit(20000) | Should -BeTrue
            $process.ExitCode | Should -Be 0
            $process.StandardError.ReadToEnd() | Should -Match '(?m)^<6>The service listens on'
        } finally {
            Stop-TestProcess
            $systemd.Dispose()
        }
    }
}

Describe 'An installed service' -Skip:(-not $IsLinux) {
    It 'has hardened units that name this PowerShell and this module, with a socket on demand' {
        $folder = Join-Path $TestDrive 'units'
        $files = Install-TorrentService -Destination $folder -OnDemand -Port 6881 -StatePath "$TestDrive/it's" -DisableDht
        $files.Name | Should -Be @('torrentpatron.service', 'torrentpatron.socket')
        $service = Get-Content $files[0] -Raw
        $service | Should -BeLike "*ExecStart=`"$(@(Get-TestShell)[0])`"*"
        $service | Should -BeLike '*Start-TorrentService -Foreground*-Port 6881*'
        $service | Should -BeLike "*it''s*-DisableDht*"
        $service | Should -BeLike '*Type=notify*NoNewPrivileges=yes*'
        { Install-TorrentService -Destination $folder } | Should -Throw -ErrorId 'FileExists,*'
        { Install-TorrentService AllUsers -Destination $folder -Force } | Should -Throw -ErrorId 'InvalidArgument,*'
        Install-TorrentService AllUsers -Destination $folder -Force -Root $TestDrive | Get-Content -Raw | Should -BeLike "*User=torrentpatron*ReadWritePaths=`"$TestDrive`"*"
    }

    It 'is enabled by systemctl, shown, and removed; a warning says that lingering is off' {
        # Programs that replace systemd's.
        $tools = New-Item -ItemType Directory (Join-Path $TestDrive 'tools')
        "#!/bin/sh`necho `"systemctl `$*`" >> '$TestDrive/calls'" | Set-Content "$tools/systemctl"
        "#!/bin/sh`necho Linger=no" | Set-Content "$tools/loginctl"
        chmod +x "$tools/systemctl" "$tools/loginctl"
        $path, $config = $env:PATH, $env:XDG_CONFIG_HOME
        try {
            $env:PATH = "${tools}:$path"
            $env:XDG_CONFIG_HOME = Join-Path $TestDrive 'config'
            Install-TorrentService -NoStart -WhatIf
            Test-Path "$TestDrive/calls" | Should -BeFalse
            Install-TorrentService -NoStart -WarningVariable warning -WarningAction SilentlyContinue
            "$warning" | Should -BeLike '*loginctl enable-linger*'
            (Get-TorrentService).InstalledUnit | Should -Be "$env:XDG_CONFIG_HOME/systemd/user/torrentpatron.service"
            { Install-TorrentService } | Should -Throw -ErrorId 'FileExists,*'
            Uninstall-TorrentService
            (Get-TorrentService).InstalledUnit | Should -BeNullOrEmpty
            { Uninstall-TorrentService } | Should -Throw -ErrorId 'ServiceUnavailable,*'
            Get-Content "$TestDrive/calls" | Should -Be @(
                'systemctl --user show --property=Version', 'systemctl --user daemon-reload', 'systemctl --user enable torrentpatron.service'
                'systemctl --user disable --now torrentpatron.service', 'systemctl --user daemon-reload')

            "#!/bin/sh`necho 'System has not been booted with systemd' >&2; exit 1" | Set-Content "$tools/systemctl"
            { Install-TorrentService } | Should -Throw -ErrorId 'NotSupported,*'
        } finally {
            $env:PATH, $env:XDG_CONFIG_HOME = $path, $config
        }
    }
}

Describe 'The totals of a service' -Skip:$IsWindows {
    It 'survive SIGTERM: bytes sent, ratio and seeding time' {
        $here = Join-Path $TestDrive ([guid]::NewGuid())
        $settings = @{ Socket = New-TestSocket $place; StatePath = (Join-Path $here 'state'); BindAddress = '127.0.0.1' }
        $service = Start-TorrentService @settings
        try {
            $patron = Connect-TorrentPatron -Socket $settings.Socket
            $null = Start-Torrent $content.Torrent -Destination $content.Folder -Patron $patron -Wait -Timeout 120
            $leecher = New-TestPatron -Name 'totals' -StatePath (Join-Path $here 'leecher')
            $null = Start-Torrent $content.Torrent -Destination (Join-Path $here 'files') -Patron $leecher -Peer "127.0.0.1:$($patron.Port)" -Wait -Timeout 120
            $leecher | Stop-TorrentPatron
            Wait-TestCondition { $status = Get-TorrentStatus -Patron $patron; $status.BytesSent -eq 1MB -and $status.SeedingTime.TotalSeconds -gt 1 } | Should -BeTrue
            $before = Get-TorrentStatus -Patron $patron
            $process = Get-Process -Id $service.ProcessId
            kill -s TERM $service.ProcessId
            $process.WaitForExit(20000) | Should -BeTrue

            $null = Start-TorrentService @settings
            $patron = Connect-TorrentPatron -Socket $settings.Socket
            # The service owns it now, not this patron; on a busy machine it is restored after the first clients have connected.
            Wait-TestCondition { (Get-TorrentStatus).State -eq 'Seeding' } | Should -BeTrue
            $after = Get-TorrentStatus
            $after.BytesSent | Should -Be $before.BytesSent
            $after.Ratio | Should -Be $before.Ratio
            $after.SeedingTime | Should -BeGreaterOrEqual $before.SeedingTime
        } finally {
            Stop-TorrentService -Socket $settings.Socket
            Disconnect-TorrentPatron
        }
        Get-Content (Join-Path $settings.StatePath 'service.log') | Select-Object -First 1 | Should -BeLike '* Informational The service listens on *'
    }
}
